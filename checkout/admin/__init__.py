"""The shop's money, for staff: to read, to give back, and to check. Never to edit."""

from checkout.admin import carts, inbox, orders, payments, returns, seats

__all__ = ["carts", "inbox", "orders", "payments", "returns", "seats"]
