"""A stand-in for Stripe: its HTTP API, its hosted pay page and its webhooks.

The shop speaks to it over HTTP, through the official SDK, as it would to Stripe. Nothing in the
shop imports it, and it imports nothing of the shop's checkout.
"""
