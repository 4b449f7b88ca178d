"""Checking one payment with its gateway now: its money, and then its refunds and disputes."""

from checkout.disputes import sync_disputes
from checkout.gateways import SessionState, Snapshot, gateway_named
from checkout.models import InvalidTransition, Payment, PaymentStatus
from checkout.refunds import sync_refunds
from checkout.settlement import sync_payment

MEANT = {
    SessionState.PROCESSING: PaymentStatus.PROCESSING,
    SessionState.PAID: PaymentStatus.PAID,
    SessionState.FAILED: PaymentStatus.FAILED,
    SessionState.EXPIRED: PaymentStatus.EXPIRED,
}


def check_payment(payment: Payment) -> bool:
    """Make the shop's books of a payment say what its gateway says. Return whether they changed.

    Raise ``GatewayError`` and ``WrongSession``.
    """
    has_changed = bool(payment.session_id) and not payment.is_paid and sync_payment(payment)
    payment.refresh_from_db()
    if not payment.is_paid:
        return has_changed
    # Not `or`: each is looked at, whatever the others say.
    return any([has_changed, sync_refunds(payment), sync_disputes(payment)])


def difference(payment: Payment) -> str | None:
    """Ask the gateway, change nothing, and say in which status the payment ought to be.

    ``None`` if it is right as it is. Raise ``GatewayError``.
    """
    snapshot = gateway_named(payment.gateway).fetch(payment)
    status = _status_of(payment, snapshot)
    return None if status is None else f"is {status.label.lower()} at the gateway"


def _status_of(payment: Payment, snapshot: Snapshot) -> PaymentStatus | None:
    meant = MEANT.get(snapshot.state)
    return meant if meant and payment.can_become(meant) else None


def expire_forgotten(payment: Payment) -> str:
    """End a payment whose session the gateway does not know; say so.

    The shop's keys were changed, and the session is of an account that is not ours any more.
    """
    try:
        payment.expire()
    except InvalidTransition:
        return "is unknown to the gateway"
    return "was unknown to the gateway, and has ended"
