"""What the account pages say of browsers."""
