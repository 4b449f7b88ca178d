"""What the sandbox remembers. It is all in PostgreSQL, so a restart forgets nothing."""

from checkout.sandbox.models.balance import BalanceTransaction
from checkout.sandbox.models.dispute import Dispute, DisputeStatus, EarlyFraudWarning
from checkout.sandbox.models.endpoint import EndpointStatus, WebhookEndpoint
from checkout.sandbox.models.event import Delivery, DeliveryState, Event
from checkout.sandbox.models.fault import ApiFault, Fault, PaymentFault, SaleFault
from checkout.sandbox.models.idempotency import IdempotentRequest
from checkout.sandbox.models.payment import (
    Charge,
    ChargeStatus,
    IntentStatus,
    PaymentIntent,
    RefundCourse,
)
from checkout.sandbox.models.refund import Refund, RefundStatus
from checkout.sandbox.models.session import CheckoutSession, PaymentStatus, SessionStatus
from checkout.sandbox.models.switches import Signature, Switches

__all__ = [
    "ApiFault",
    "BalanceTransaction",
    "Charge",
    "ChargeStatus",
    "CheckoutSession",
    "Delivery",
    "DeliveryState",
    "Dispute",
    "DisputeStatus",
    "EarlyFraudWarning",
    "EndpointStatus",
    "Event",
    "Fault",
    "IdempotentRequest",
    "IntentStatus",
    "PaymentFault",
    "PaymentIntent",
    "PaymentStatus",
    "Refund",
    "RefundCourse",
    "RefundStatus",
    "SaleFault",
    "SessionStatus",
    "Signature",
    "Switches",
    "WebhookEndpoint",
]
