"""What the shop's visitors do: fill a cart, pay, and see their orders."""
