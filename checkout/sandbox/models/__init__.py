"""What the sandbox remembers. It is all in PostgreSQL, so a restart forgets nothing."""

from checkout.sandbox.models.event import Delivery, DeliveryState, Event
from checkout.sandbox.models.idempotency import IdempotentRequest
from checkout.sandbox.models.payment import Charge, ChargeStatus, IntentStatus, PaymentIntent
from checkout.sandbox.models.session import CheckoutSession, PaymentStatus, SessionStatus

__all__ = [
    "Charge",
    "ChargeStatus",
    "CheckoutSession",
    "Delivery",
    "DeliveryState",
    "Event",
    "IdempotentRequest",
    "IntentStatus",
    "PaymentIntent",
    "PaymentStatus",
    "SessionStatus",
]
