"""An order's story in plain words, for its customer: told from the rows that are there anyway."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.money import format_money
from checkout.models import (
    Dispute,
    LineAccess,
    Order,
    OrderLine,
    Payment,
    PaymentStatus,
    Refund,
)
from project.written import listed

A_MOMENT = timedelta(minutes=1)  # two things that are closer than this are one to people
BANKS_TAKE = _("Banks take five to ten days to show it.")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that happened."""

    at: datetime
    text: str


def tell(
    order: Order,
    *,
    lines: Sequence[OrderLine],
    payments: Sequence[Payment],
    refunds: Iterable[Refund],
    disputes: Iterable[Dispute],
) -> list[Moment]:
    """Return what happened to an order, the oldest first. Asks the database for nothing."""
    are_open = all(line.access == LineAccess.OPEN for line in lines)
    moments = [Moment(at=order.created_at, text=gettext("You placed the order."))]
    for payment in payments:
        moments += _of_payment(order, payment)
    moments += _of_unlocking(order, lines)
    if order.claimed_at:
        moments.append(Moment(at=order.claimed_at, text=gettext("The order came to your account.")))
    for refund in refunds:
        moments += _of_refund(refund, [line for line in lines if line.refund_id == refund.pk])
    for dispute in disputes:
        moments += _of_dispute(dispute, are_open=are_open)
    return sorted(moments, key=lambda moment: moment.at)  # stable: causes stay before effects


def _of_payment(order: Order, payment: Payment) -> Iterator[Moment]:
    if payment.opened_at:
        first, again = (
            gettext("The payment page opened."),
            gettext("The payment page opened again."),
        )
        yield Moment(at=payment.opened_at, text=first if payment.attempt == 1 else again)
    if payment.processing_at:
        yield Moment(at=payment.processing_at, text=gettext("Your bank is confirming the payment."))
    if payment.ended_at:
        yield Moment(at=payment.ended_at, text=str(ENDINGS[PaymentStatus(payment.status)]))
    if payment.paid_at and payment.received_minor:
        yield Moment(at=payment.paid_at, text=_what_money_did(order, payment))


# Money can still come after the end, and then it says so itself.
ENDINGS = {
    PaymentStatus.FAILED: _("Your bank refused the payment. Nothing was charged."),
    PaymentStatus.EXPIRED: _("The payment page closed without a payment."),
    PaymentStatus.ABANDONED: _("The payment page could not be opened."),
    PaymentStatus.PAID: _("The payment was given up at first."),
}


def _what_money_did(order: Order, payment: Payment) -> str:
    amount = format_money(payment.received_minor, payment.received_currency)
    if payment.settles_order:
        return gettext("Paid: %(amount)s.") % {"amount": amount}
    if order.is_paid:
        again = gettext("%(amount)s came a second time. It goes back to you.")
        return again % {"amount": amount}
    arrived = gettext("%(amount)s arrived, which is not what the order costs.")
    looking = " " + gettext("We are looking at it.") if order.held_reason else ""
    return arrived % {"amount": amount} + looking


def _of_unlocking(order: Order, lines: Sequence[OrderLine]) -> Iterator[Moment]:
    if not order.paid_at:
        return
    if order.accepted_minor is not None:
        taken = format_money(order.accepted_minor, order.currency)
        yield Moment(
            at=order.paid_at, text=gettext("We took %(amount)s for the order.") % {"amount": taken}
        )
    opened = [line for line in lines if line.enrollment_id]
    if any(line.is_for_buyer for line in opened):
        count = sum(line.is_for_buyer for line in opened)
        opens = ngettext("Your course opened.", "Your courses opened.", count)
        yield Moment(at=order.paid_at, text=opens)
    if any(not line.is_for_buyer for line in opened):
        yield Moment(at=order.paid_at, text=gettext("The seats to give away were ready."))


def _of_refund(refund: Refund, lines: Sequence[OrderLine]) -> Iterator[Moment]:
    amount = refund.amount
    facts = {"amount": amount, "courses": quoted(lines)}
    some = gettext("We are giving you %(amount)s back for %(courses)s.")
    all_of_it = gettext("We are giving you %(amount)s back.")
    yield Moment(at=refund.created_at, text=(some if lines else all_of_it) % facts)
    if refund.accepted_at:
        text = gettext("%(amount)s is on its way back to you.") % facts + f" {BANKS_TAKE}"
        yield Moment(at=refund.accepted_at, text=text)
    if not refund.ended_at:
        return
    if not refund.is_standing:
        text = gettext("The %(amount)s did not arrive. We will write to you about it.") % facts
        yield Moment(at=refund.ended_at, text=text)
    elif _is_later(refund.ended_at, refund.accepted_at):
        yield Moment(at=refund.ended_at, text=gettext("%(amount)s has gone back.") % facts)


def _of_dispute(dispute: Dispute, *, are_open: bool) -> Iterator[Moment]:
    if dispute.is_inquiry:
        asked = gettext("Your bank asked us about this payment. Nothing changes for you.")
    else:
        asked = gettext(
            "Your bank asked for this payment back. Its courses are paused until it decides."
        )
    yield Moment(at=dispute.created_at, text=asked)
    if dispute.closed_at:
        yield Moment(at=dispute.closed_at, text=_how_it_ended(dispute, are_open=are_open))


def _how_it_ended(dispute: Dispute, *, are_open: bool) -> str:
    if dispute.is_lost:
        lost = gettext("Your bank gave %(amount)s back to you. The courses are closed with that.")
        return lost % {"amount": dispute.amount}
    settled = gettext("Your bank has settled its question.")
    are_open_again = are_open and not dispute.is_inquiry
    return settled + (" " + gettext("Your courses are open.") if are_open_again else "")


def _is_later(moment: datetime, than: datetime | None) -> bool:
    return than is None or moment - than > A_MOMENT


def quoted(lines: Iterable[OrderLine]) -> str:
    """Return the lines' titles as a sentence has them, each once."""
    return listed(list(dict.fromkeys(f"“{line.title}”" for line in lines)))
