"""Money that goes back: asked for, sent, and followed to its end.

The row is committed before the gateway is called, with the request and the key that it will be
called with, so that no refund is sent twice and none is forgotten. What became of it, the gateway
is asked: all refunds of a payment at once, so that those made in its dashboard are seen as well.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from checkout import alarms, mails
from checkout.gateways import (
    GatewayError,
    NotFound,
    RefundSnapshot,
    Refused,
    Unavailable,
    gateway_named,
)
from checkout.models import (
    HeldReason,
    LedgerEntry,
    LedgerKind,
    Order,
    OrderLine,
    Payment,
    Refund,
    RefundReason,
)
from checkout.models.refund import GIVEN_UP, RefundStatus
from checkout.seats import review_seats
from checkout.settling import locked_payment
from project.accounts.models import User
from project.jobs import PATIENTLY, job

logger = logging.getLogger(__name__)

KEY_LIFETIME = timedelta(hours=23)  # Stripe forgets keys after 24


class CannotRefund(Exception):
    """The money cannot go back. The message says why, in words for staff."""


def refundable_minor(payment: Payment) -> int:
    """Return how much of the payment can go back now, in minor units.

    The one place that decides. Nothing while a dispute is open, or after it was lost: the bank has
    the money then, and a refund would be paid twice. An inquiry holds no money.
    """
    if not payment.is_paid or not payment.intent_id:
        return 0
    if payment.disputes.taking_the_money().exists():
        return 0
    return max(0, payment.free_minor)


@transaction.atomic
def request_refund(
    payment: Payment,
    *,
    amount_minor: int,
    reason: RefundReason,
    lines: Iterable[OrderLine] = (),
    ends_access: bool = False,
    note: str = "",
    by: User | None = None,
) -> Refund:
    """Write a refund down, and have it sent. ``lines`` are those whose price goes back.

    Raise ``CannotRefund``. What is refused changes nothing.
    """
    order, payment = locked_payment(payment.pk)
    _check(payment, amount_minor)
    key = f"refund:{uuid4().hex}"
    refund = Refund.objects.create(
        payment=payment,
        reason=reason,
        amount_minor=amount_minor,
        currency=payment.received_currency,
        ends_access=ends_access,
        idempotency_key=key,
        request=gateway_named(payment.gateway).build_refund(
            payment, amount_minor=amount_minor, key=key, is_duplicate=reason == RefundReason.SURPLUS
        ),
        note=note,
        requested_by=by,
    )
    payment.reserve(amount_minor)
    _claim_lines(order, refund, {line.pk for line in lines})
    order.note_change()
    send_refund.later(refund.pk)
    return refund


@job(queue="money", retry=PATIENTLY)
def send_refund(refund_id: int) -> None:
    """Ask the gateway for a refund that was written down. Safe to repeat.

    Raise ``GatewayError`` while nobody knows what became of it: then it is sent again, with the
    same key.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if not refund.is_requested:
        return
    if timezone.now() - refund.created_at > KEY_LIFETIME:
        return _look_for(refund)
    try:
        snapshot = gateway_named(refund.payment.gateway).refund(refund)
    except (Refused, NotFound) as error:
        return _refuse(refund, str(error))
    except GatewayError as error:
        refund.note_error(str(error))
        raise
    apply_refunds(refund.payment_id, [snapshot])
    _look_after(refund.payment)


def sync_refunds(payment: Payment) -> bool:
    """Ask the gateway for all refunds of a payment, and book what it says.

    Return whether anything changed. Raise ``GatewayError`` if it cannot be asked.
    """
    snapshots = gateway_named(payment.gateway).refunds_of(payment)
    return apply_refunds(payment.pk, snapshots, is_complete=True)


@transaction.atomic
def apply_refunds(
    payment_id: int, snapshots: Iterable[RefundSnapshot], *, is_complete: bool = False
) -> bool:
    """Make the shop's books say what the gateway says of refunds. Return whether they changed.

    May be called any number of times, in any order and at the same moment. ``is_complete`` says
    that these are all refunds of the payment.
    """
    order, payment = locked_payment(payment_id)
    snapshots = list(snapshots)
    has_changed = False
    for snapshot in snapshots:
        has_changed |= _apply(order, payment, snapshot)
    if is_complete:
        payment.note_refunded(_sum_standing(snapshots))
    if has_changed:
        review_seats(order)
        review_hold(order)
        order.note_change()
    return has_changed


def _check(payment: Payment, amount_minor: int) -> None:
    if not payment.is_paid:
        raise CannotRefund("This payment brought no money.")
    if amount_minor <= 0:
        raise CannotRefund("A refund is more than nothing.")
    if payment.disputes.open().exists():
        raise CannotRefund(
            "A dispute about this payment is open, and the bank holds the money. A refund now "
            "would pay the customer twice: answer the dispute, or accept it."
        )
    if payment.disputes.taking_the_money().exists():
        raise CannotRefund("A dispute about this payment was lost: the customer has the money.")
    if amount_minor > refundable_minor(payment):
        raise CannotRefund("That is more than what is left of this payment.")


def _claim_lines(order: Order, refund: Refund, wanted: set[int]) -> None:
    """Have the refund give back the price of these lines, none of which may be given back yet."""
    free = OrderLine.objects.filter(order=order, pk__in=wanted, refund=None)
    if free.update(refund=refund) != len(wanted):
        raise CannotRefund("One of these lines has been refunded already.")


def _look_for(refund: Refund) -> None:
    """Read what became of a refund that is too old to be asked for again.

    The gateway has forgotten its key: asked again, it would be a second refund. If it was never
    made, its amount is free again before others are booked, which may need the room.
    """
    snapshots = gateway_named(refund.payment.gateway).refunds_of(refund.payment)
    if refund.idempotency_key not in {snapshot.key for snapshot in snapshots}:
        _refuse(refund, "It never reached the gateway.")
    apply_refunds(refund.payment_id, snapshots, is_complete=True)


@transaction.atomic
def _refuse(refund: Refund, why: str) -> None:
    """Give up a refund that the gateway will not make; its amount is free again."""
    order, payment = locked_payment(refund.payment_id)
    refund = Refund.objects.locked().get(pk=refund.pk)
    if not refund.is_requested or not refund.give_up(why):
        return
    logger.error("refund %s of payment %s refused: %s", refund.pk, payment.pk, why)
    payment.reserve(-refund.amount_minor)
    _undo(order, refund)
    review_hold(order)
    order.note_change()


def _look_after(payment: Payment) -> None:
    """See at once what the payment's books are now. The refund itself is safe without."""
    try:
        sync_refunds(payment)
    except GatewayError as error:
        logger.warning("refunds of payment %s could not be listed: %s", payment.pk, error)


def _apply(order: Order, payment: Payment, snapshot: RefundSnapshot) -> bool:
    refund = _refund_of(payment, snapshot)
    before = refund.status
    if not refund.follow(snapshot):
        return False
    _book(payment, refund)
    if not refund.is_standing:
        if not _came_to_nothing(refund, before):
            payment.reserve(-refund.amount_minor)
        _undo(order, refund)
    elif refund.has_succeeded and refund.status != before:
        mails.send_refunded(order, refund)
    logger.info("refund %s of payment %s is %s", refund.pk, payment.pk, refund.status)
    return True


def _refund_of(payment: Payment, snapshot: RefundSnapshot) -> Refund:
    """Return the row of a refund; one that was made at the gateway gets its row now."""
    refunds = payment.refunds.locked()
    known = refunds.filter(gateway_refund_id=snapshot.refund_id).first()
    if known is None and snapshot.key:
        known = refunds.filter(idempotency_key=snapshot.key).first()
    return known or _write_down(payment, snapshot)


def _write_down(payment: Payment, snapshot: RefundSnapshot) -> Refund:
    """Write a refund down that staff made in the gateway's dashboard.

    One that gives back all that was left ends access. Raise ``Unavailable`` while its amount is
    set aside for a refund of ours: the gateway refuses ours, and then the next look succeeds.
    """
    if snapshot.status not in GIVEN_UP:
        if snapshot.amount_minor > payment.free_minor:
            raise Unavailable(f"The gateway refunded more of {payment} than is free here.")
        payment.reserve(snapshot.amount_minor)
    return Refund.objects.create(
        payment=payment,
        reason=RefundReason.GATEWAY,
        amount_minor=snapshot.amount_minor,
        currency=snapshot.currency,
        idempotency_key=f"gateway:{snapshot.refund_id}",
        ends_access=payment.free_minor == 0,
    )


def _book(payment: Payment, refund: Refund) -> None:
    """Write into the ledger what a refund moved: out when it is accepted, in when it fails."""
    booked = payment.entries.filter(gateway_object_id=refund.gateway_refund_id)
    is_out = booked.filter(kind=LedgerKind.REFUND).exists()
    if refund.was_accepted and not is_out:
        _enter(payment, LedgerKind.REFUND, refund, -refund.amount_minor)
    if refund.was_accepted and not refund.is_standing:
        _enter(payment, LedgerKind.REFUND_FAILED, refund, refund.amount_minor)


def _enter(payment: Payment, kind: LedgerKind, refund: Refund, amount_minor: int) -> None:
    LedgerEntry.objects.book(
        payment,
        kind,
        amount_minor=amount_minor,
        currency=refund.currency,
        gateway_object_id=refund.gateway_refund_id or "",
    )


def _came_to_nothing(refund: Refund, before: str) -> bool:
    """Whether it was made and given up at the gateway before we heard: nothing was set aside."""
    return refund.reason == RefundReason.GATEWAY and before == RefundStatus.REQUESTED


def _undo(order: Order, refund: Refund) -> None:
    """Free the lines of a refund that came to nothing, and tell staff."""
    refund.lines.update(refund=None)
    alarms.tell_of_failed_refund(order, refund)


def review_hold(order: Order) -> None:
    """Hold an order while money is kept for it that did not buy it. The caller has its lock.

    It is closed when all of that has gone back, and held again if some comes home: a refund may
    fail after it succeeded, and a dispute that was lost may be appealed.
    """
    paid = list(order.payments.received())
    if order.is_paid or not paid:
        return
    is_kept = not all(_is_returned(payment) for payment in paid)
    if is_kept and not order.held_reason:
        order.hold(HeldReason.AMOUNT)
    elif order.held_reason and not is_kept:
        order.release()


def _is_returned(payment: Payment) -> bool:
    if payment.disputes.lost().exists():
        return True  # what the bank has given away, nobody can give back
    succeeded = [refund.amount_minor for refund in payment.refunds.all() if refund.has_succeeded]
    return sum(succeeded) == payment.received_minor


def _sum_standing(snapshots: list[RefundSnapshot]) -> int:
    return sum(snapshot.amount_minor for snapshot in snapshots if snapshot.status not in GIVEN_UP)
