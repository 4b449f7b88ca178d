"""Disputes: what the customer's bank says, and what it does to money and seats.

While a dispute is open the bank has the money, and the seats are paused. Won, they are open again;
lost, they are closed. An inquiry is only a question: staff hear of it, and nothing else happens.
"""

import logging
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from checkout import alarms
from checkout.gateways import DisputeSnapshot, Movement, gateway_named
from checkout.models import Dispute, LedgerEntry, LedgerKind, Order, Payment
from checkout.models.dispute import CLOSED
from checkout.refunds import review_hold
from checkout.seats import review_seats
from checkout.settling import locked_payment

logger = logging.getLogger(__name__)


def sync_disputes(payment: Payment) -> bool:
    """Ask the gateway for all disputes about a payment, and book what it says.

    Return whether anything changed. Raise ``GatewayError`` if it cannot be asked.
    """
    return apply_disputes(payment.pk, gateway_named(payment.gateway).disputes_of(payment))


@transaction.atomic
def apply_disputes(payment_id: int, snapshots: Iterable[DisputeSnapshot]) -> bool:
    """Make the shop's books say what the gateway says of disputes. Return whether they changed.

    May be called any number of times, in any order and at the same moment.
    """
    order, payment = locked_payment(payment_id)
    has_changed = False
    for snapshot in snapshots:
        has_changed |= _apply(order, payment, snapshot)
    if has_changed:
        review_seats(order)
        review_hold(order)
        order.note_change()
    return has_changed


def _apply(order: Order, payment: Payment, snapshot: DisputeSnapshot) -> bool:
    dispute, is_new = Dispute.objects.get_or_create(
        gateway_dispute_id=snapshot.dispute_id,
        defaults={
            "payment": payment,
            "status": snapshot.status,
            "reason": snapshot.reason,
            "amount_minor": snapshot.amount_minor,
            "currency": snapshot.currency,
            "is_charge_refundable": snapshot.is_charge_refundable,
            "evidence_due_at": snapshot.evidence_due_at,
            "closed_at": timezone.now() if snapshot.status in CLOSED else None,
        },
    )
    was_inquiry = dispute.is_inquiry
    has_moved = dispute.follow(snapshot)
    has_paid = [_book(payment, movement, snapshot.currency) for movement in snapshot.movements]
    has_changed = is_new or has_moved
    if has_changed and dispute.is_closed:
        alarms.tell_of_closed_dispute(order, dispute)
    elif is_new or was_inquiry != dispute.is_inquiry:
        alarms.tell_of_dispute(order, dispute)
    if has_changed:
        logger.warning("dispute %s of payment %s is %s", dispute.pk, payment.pk, dispute.status)
    return has_changed or any(has_paid)


def _book(payment: Payment, movement: Movement, currency: str) -> bool:
    """Write into the ledger what a dispute moved, once. Return whether it is new."""
    is_back = movement.amount_minor > 0
    kind = LedgerKind.DISPUTE_REINSTATED if is_back else LedgerKind.DISPUTE_WITHDRAWN
    if payment.entries.filter(kind=kind, gateway_object_id=movement.movement_id).exists():
        return False
    LedgerEntry.objects.book(
        payment,
        kind,
        amount_minor=movement.amount_minor,
        currency=currency,
        gateway_object_id=movement.movement_id,
    )
    return True
