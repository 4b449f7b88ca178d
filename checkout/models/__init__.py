"""How money becomes enrollment: carts, orders, payments, the ledger and the inbox."""

from checkout.models.cart import MAX_COURSES, MAX_SEATS, Cart, CartItem
from checkout.models.order import (
    HeldReason,
    InvalidTransition,
    LineOutcome,
    Order,
    OrderLine,
    OrderStatus,
)
from checkout.models.payment import Fulfillment, LedgerEntry, LedgerKind, Payment, PaymentStatus
from checkout.models.webhook_event import EventState, WebhookEvent

__all__ = [
    "MAX_COURSES",
    "MAX_SEATS",
    "Cart",
    "CartItem",
    "EventState",
    "Fulfillment",
    "HeldReason",
    "InvalidTransition",
    "LedgerEntry",
    "LedgerKind",
    "LineOutcome",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Payment",
    "PaymentStatus",
    "WebhookEvent",
]
