"""The steps of reconciliation, each a question to the gateway or to our own books.

A step finds what to look at, and looks at each. With ``commit`` it mends what it finds. It returns
what it found, in words for staff, or ``None`` if all was in order.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from checkout.disputes import sync_disputes
from checkout.gateways import NotFound, Notice, Sold, gateways_in_use
from checkout.inbox import act_again, act_on, keep
from checkout.models import (
    Dispute,
    EventState,
    Order,
    Payment,
    PaymentStatus,
    Refund,
    WebhookEvent,
)
from checkout.opening import finish_opening
from checkout.reconciliation.check import check_payment, difference, expire_forgotten
from checkout.recovery import recover
from checkout.refunds import send_refund, sync_refunds
from checkout.settlement import sync_payment
from project import mail

FRESH = timedelta(minutes=2)  # what is younger is at work in another process
UNTOLD_FOR = timedelta(days=3)  # how far back undelivered events are asked for
SOLD_WITHIN = timedelta(hours=48)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. ``find`` returns what to look at; ``look`` says what was wrong, or ``None``."""

    title: str
    find: Callable[[datetime], Iterable[Any]]
    look: Callable[..., str | None]


def _unfinished(now: datetime) -> Iterable[Payment]:
    return Payment.objects.unfinished(since=now - FRESH).select_related("order")


def _finish(payment: Payment, *, commit: bool) -> str | None:
    """Ask again for a session, with the same key and request; or give it up."""
    if not commit:
        return "may have a session that we do not know"
    finish_opening(payment)
    return f"is {PaymentStatus(payment.status).label.lower()}"


def _unheard_of(now: datetime) -> Iterable[Payment]:
    return Payment.objects.unheard_of(now=now).select_related("order")


def _ask(payment: Payment, *, commit: bool) -> str | None:
    """Ask what became of a payment of which nothing was heard."""
    if not commit:
        return difference(payment)
    if not payment.is_due_for_check(every=FRESH, head_start=False):
        return None
    try:
        has_changed = sync_payment(payment)
    except NotFound:
        return expire_forgotten(payment)
    payment.refresh_from_db()
    return f"is now {PaymentStatus(payment.status).label.lower()}" if has_changed else None


def _open_events(now: datetime) -> Iterable[WebhookEvent]:
    return WebhookEvent.objects.due(now=now, received_before=now - FRESH)


def _act_again(event: WebhookEvent, *, commit: bool) -> str | None:
    """Act on what was told us and could not be acted on."""
    if commit:
        act_again(event)
    return f"is {EventState(event.state).label.lower()}"


def _unsent_refunds(now: datetime) -> Iterable[Refund]:
    return Refund.objects.unsent(since=now - FRESH).select_related("payment__order")


def _send(refund: Refund, *, commit: bool) -> str | None:
    """Send a refund again, with the same key; an old one is looked for instead."""
    if not commit:
        return "was not confirmed by the gateway"
    send_refund(refund.pk)
    refund.refresh_from_db()
    return f"is {refund.get_status_display().lower()}"


def _overdue(now: datetime) -> Iterable[Order]:
    return Order.objects.overdue(now)


def _close(order: Order, *, commit: bool) -> str | None:
    """Close an order whose time is over and that nothing at a gateway can pay any more."""
    if commit:
        order.expire()
    return "was not paid in time"


def _untold(now: datetime) -> Iterable[Notice]:
    for gateway in gateways_in_use():
        yield from gateway.undelivered_events(now - UNTOLD_FOR)


def _hear(notice: Notice, *, commit: bool) -> str | None:
    """Act on an event that the gateway could not deliver."""
    if WebhookEvent.objects.is_finished(notice):
        return None
    if commit and (event := keep(gateways_in_use()[0], notice)):
        act_on(event, notice)
    return f"{notice.type} was never delivered"


def _sold(now: datetime) -> Iterable[Sold]:
    for gateway in gateways_in_use():
        yield from gateway.completed_sessions(now - SOLD_WITHIN)


def _compare(sold: Sold, *, commit: bool) -> str | None:
    """See that a session that somebody completed is in our books; write it anew if it is not."""
    payment = Payment.objects.filter(idempotency_key=sold.payment_key).first()
    if payment is None:
        return recover(sold, commit=commit)
    if payment.is_paid or payment.status == PaymentStatus.PROCESSING:
        return None
    if payment.session_id is None and commit:
        payment.adopt_session(sold.session_id)
    return _ask_now(payment, commit=commit)


def _ask_now(payment: Payment, *, commit: bool) -> str | None:
    if not commit:
        return difference(payment) if payment.session_id else "has a session that we do not know"
    return "is settled" if check_payment(payment) else None


def _returned(now: datetime) -> Iterable[str]:
    for gateway in gateways_in_use():
        yield from gateway.returned_intents(now - SOLD_WITHIN)


def _follow_intent(intent_id: str, *, commit: bool) -> str | None:
    """See refunds and disputes that nobody told us of."""
    payment = Payment.objects.filter(intent_id=intent_id).first()
    if payment is None:
        return None
    if not commit:
        return "has refunds or disputes to compare"
    return "has changed" if check_payment(payment) else None


def _open_disputes(now: datetime) -> Iterable[Dispute]:
    return Dispute.objects.unsettled().select_related("payment__order")


def _follow_dispute(dispute: Dispute, *, commit: bool) -> str | None:
    if commit and sync_disputes(dispute.payment):
        dispute.refresh_from_db()
        return f"is {dispute.get_status_display().lower()}"
    return None if commit else "is open: its bank may have decided"


def _refunds_under_way(now: datetime) -> Iterable[Refund]:
    return Refund.objects.unsettled().select_related("payment__order")


def _follow_refund(refund: Refund, *, commit: bool) -> str | None:
    if commit and sync_refunds(refund.payment):
        refund.refresh_from_db()
        return f"is {refund.get_status_display().lower()}"
    return None if commit else "is on its way: it may have arrived"


def _late_letters(now: datetime) -> Iterable[int]:
    return mail.late(now)


def _mail(letter_id: int, *, commit: bool) -> str | None:
    if commit:
        mail.deliver.later(letter_id)
    return "waits for the mail server"


OFTEN = (
    Step(title="Attempts with an unknown outcome", find=_unfinished, look=_finish),
    Step(title="Payments nothing was heard of", find=_unheard_of, look=_ask),
    Step(title="Events to act on", find=_open_events, look=_act_again),
    Step(title="Refunds to send", find=_unsent_refunds, look=_send),
    Step(title="Orders whose time is over", find=_overdue, look=_close),
)
HOURLY = (
    Step(title="Events never delivered", find=_untold, look=_hear),
    Step(title="Letters not sent", find=_late_letters, look=_mail),
)
NIGHTLY = (
    Step(title="Sessions sold in two days", find=_sold, look=_compare),
    Step(title="Refunds and disputes in two days", find=_returned, look=_follow_intent),
    Step(title="Open disputes", find=_open_disputes, look=_follow_dispute),
    Step(title="Refunds on their way", find=_refunds_under_way, look=_follow_refund),
)
STEPS = (*OFTEN, *HOURLY, *NIGHTLY)
