"""An order's story for staff: what happened, with the ids under which the gateway knows it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext

from catalog.money import format_money
from checkout.models import Dispute, Order, Payment, Refund, WebhookEvent
from checkout.models.refund import GIVEN_UP
from project.written import day_and_time


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that happened; ``facts`` are ids and words of the gateway, ``url`` the row."""

    at: datetime
    text: str
    facts: str = ""
    url: str = ""


def story_of(order: Order) -> list[Moment]:
    """Return all that happened to an order, the oldest first. Four queries, however much it is."""
    payments = list(order.payments.order_by("attempt"))
    for payment in payments:
        payment.order = order
    placed = gettext("Placed, over %(total)s")
    moments = [Moment(at=order.created_at, text=placed % {"total": order.total}, facts=order.email)]
    for payment in payments:
        moments += _of_payment(payment)
    moments += _of_order(order, payments)
    refunds = Refund.objects.filter(payment__in=payments).select_related("requested_by")
    for refund in refunds:
        moments += _of_refund(refund)
    for dispute in Dispute.objects.filter(payment__in=payments):
        moments += _of_dispute(dispute)
    events = WebhookEvent.objects.filter(payment__in=payments).defer("payload")
    moments += [_of_event(event) for event in events]
    return sorted(moments, key=lambda moment: moment.at)


def _of_payment(payment: Payment) -> Iterator[Moment]:
    url = _page("payment", payment.pk)
    name = gettext("Attempt %(number)s") % {"number": payment.attempt}
    session = _facts(payment.session_id)
    yield Moment(at=payment.created_at, text=f"{name}: " + gettext("written down"), url=url)
    if payment.opened_at:
        yield Moment(
            at=payment.opened_at, text=f"{name}: " + gettext("page opened"), facts=session, url=url
        )
    if payment.processing_at:
        facts = _facts(payment.intent_id, payment.method)
        text = f"{name}: " + gettext("the bank is confirming")
        yield Moment(at=payment.processing_at, text=text, facts=facts, url=url)
    if payment.ended_at:
        status = (
            gettext("given up at first")
            if payment.is_paid
            else payment.get_status_display().lower()
        )
        facts = _facts(payment.last_error)
        yield Moment(at=payment.ended_at, text=f"{name}: {status}", facts=facts, url=url)
    if payment.paid_at:
        amount = format_money(payment.received_minor, payment.received_currency or payment.currency)
        buys = gettext("%(amount)s received, which buys the order")
        idle = gettext("%(amount)s received, which does not buy the order")
        what = (buys if payment.settles_order else idle) % {"amount": amount}
        facts = _facts(payment.intent_id, payment.charge_id, payment.card or payment.method)
        text = f"{name}: {what}"
        yield Moment(at=payment.paid_at, text=text, facts=facts, url=url)


def _of_order(order: Order, payments: Iterable[Payment]) -> Iterator[Moment]:
    if order.paid_at:
        accepted = "" if order.accepted_minor is None else gettext("Accepted by staff.") + " "
        unlocked = gettext("Courses unlocked, receipt written")
        yield Moment(at=order.paid_at, text=accepted + unlocked)
    if order.claimed_at:
        claimed = gettext("Claimed by an account")
        yield Moment(at=order.claimed_at, text=claimed, facts=str(order.user))
    if order.held_reason:
        held = max((payment.paid_at for payment in payments if payment.paid_at), default=None)
        why = order.get_held_reason_display().lower()
        text = gettext("Held: %(why)s") % {"why": why}
        yield Moment(at=held or order.created_at, text=text)


def _of_refund(refund: Refund) -> Iterator[Moment]:
    url = _page("refund", refund.pk)
    facts = _facts(refund.get_reason_display(), refund.requested_by, refund.note)
    amount = {"amount": refund.amount}
    text = gettext("Refund of %(amount)s written down") % amount
    yield Moment(at=refund.created_at, text=text, facts=facts, url=url)
    if refund.accepted_at:
        text = gettext("Refund of %(amount)s accepted by the gateway") % amount
        facts = _facts(refund.gateway_refund_id)
        yield Moment(at=refund.accepted_at, text=text, facts=facts, url=url)
    if refund.ended_at:
        facts = _facts(refund.last_error) if refund.status in GIVEN_UP else ""
        name = gettext("Refund of %(amount)s") % amount
        text = f"{name}: {refund.get_status_display().lower()}"
        yield Moment(at=refund.ended_at, text=text, facts=facts, url=url)


def _of_dispute(dispute: Dispute) -> Iterator[Moment]:
    url = _page("dispute", dispute.pk)
    due = dispute.evidence_due_at
    until = gettext("answer until %(when)s UTC") % {"when": day_and_time(due)} if due else ""
    facts = _facts(dispute.gateway_dispute_id, dispute.reason, until)
    yield Moment(at=dispute.created_at, text=str(dispute), facts=facts, url=url)
    if dispute.closed_at:
        text = f"{dispute}: {dispute.get_status_display().lower()}"
        yield Moment(at=dispute.closed_at, text=text, facts=dispute.gateway_dispute_id, url=url)


def _of_event(event: WebhookEvent) -> Moment:
    times = gettext("delivered %(number)s×") % {"number": event.deliveries}
    delivered = f"{event.get_state_display().lower()}, {times}"
    return Moment(
        at=event.received_at,
        text=gettext("Told: %(what)s") % {"what": event.type},
        facts=_facts(event.event_id, event.object_id, delivered, event.error),
        url=_page("webhookevent", event.pk),
    )


def _page(model: str, pk: int) -> str:
    return reverse(f"admin:checkout_{model}_change", args=[pk])


def _facts(*facts: object) -> str:
    return ", ".join(str(fact) for fact in facts if fact)
