"""How money becomes enrollment: carts, orders, payments, the ledger and the inbox."""

from checkout.models.cart import MAX_COURSES, MAX_SEATS, Cart, CartItem
from checkout.models.dispute import Dispute, DisputeStatus
from checkout.models.fulfillment import Fulfillment
from checkout.models.ledger import LedgerEntry, LedgerKind
from checkout.models.order import HeldReason, InvalidTransition, Order, OrderStatus
from checkout.models.order_line import LineAccess, LineOutcome, OrderLine
from checkout.models.payment import Payment, PaymentStatus
from checkout.models.refund import Refund, RefundReason, RefundStatus
from checkout.models.webhook_event import EventState, WebhookEvent

__all__ = [
    "MAX_COURSES",
    "MAX_SEATS",
    "Cart",
    "CartItem",
    "Dispute",
    "DisputeStatus",
    "EventState",
    "Fulfillment",
    "HeldReason",
    "InvalidTransition",
    "LedgerEntry",
    "LedgerKind",
    "LineAccess",
    "LineOutcome",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Payment",
    "PaymentStatus",
    "Refund",
    "RefundReason",
    "RefundStatus",
    "WebhookEvent",
]
