"""What staff do: give money back because they were asked, and decide what no rule decides."""

from collections.abc import Callable

from django.db import transaction

from checkout.models import LineOutcome, Order, OrderLine, Payment, Refund, RefundReason
from checkout.models.refund import GIVEN_UP
from checkout.proving.histories import History
from checkout.refunds import CannotRefund, refundable_minor, request_refund
from checkout.settlement import accept_payment
from checkout.settling import locked_payment

PART_MINOR = 700


def grant_wish(order: Order, wish: str) -> bool:
    """Give back what the customer asked for, once. Return whether it was done now.

    Raise ``CannotRefund`` where the form in the admin would say no.
    """
    payment = order.payments.filter(settles_order=True).first()
    if wish == "-" or payment is None:
        return False
    with transaction.atomic():
        # The form carries what was given back when it was shown, and compares it under the lock.
        locked_payment(payment.pk)
        if payment.refunds.standing().filter(reason=RefundReason.ASKED).exists():
            return False  # one that failed is asked for again, as the letter to staff says
        _grant(order, payment, wish)
    return True


def _grant(order: Order, payment: Payment, wish: str) -> None:
    line = order.lines.last()
    if wish == "line" and line:
        _give_back(payment, line.price_minor, lines=[line])
    elif wish == "part":
        _give_back(payment, PART_MINOR, ends_access=False)
    else:
        _give_back(payment, refundable_minor(payment))


def clear_up(order: Order, history: History) -> bool:
    """Do what staff are asked for by mail, once all is known. Return whether anything was done."""
    return any(
        [
            _try(lambda: grant_wish(order, history.wish)),
            _try(lambda: _decide(order, history.held)),
            _try(lambda: _refund_anew(order)),
        ]
    )


def _try(deed: Callable[[], bool]) -> bool:
    """Do it, unless the form in the admin says no."""
    try:
        return deed()
    except CannotRefund:
        return False


def _decide(order: Order, verdict: str) -> bool:
    """Accept what a held order was paid with, or give it back."""
    order.refresh_from_db()
    if not order.held_reason:
        return False
    paid = list(order.payments.received())
    is_acceptable = len(paid) == 1 and paid[0].received_currency == order.currency
    if verdict == "accept" and is_acceptable and accept_payment(paid[0].pk):
        return True
    return sum(_refund_rest(payment, RefundReason.MISMATCH) for payment in paid) > 0


def _refund_anew(order: Order) -> bool:
    """Give back by hand what a rule could not: staff were told that it failed."""
    failed = order.payments.received().filter(refunds__status__in=GIVEN_UP).distinct()
    surplus = failed.filter(settles_order=False) if order.is_paid else failed.none()
    settling = failed.filter(settles_order=True).first()
    return any(
        [
            *[_refund_rest(payment, RefundReason.SURPLUS) for payment in surplus],
            settling is not None and _refund_owned_lines(order, settling),
        ]
    )


def _refund_owned_lines(order: Order, payment: Payment) -> bool:
    owned = list(order.lines.filter(outcome=LineOutcome.ALREADY_OWNED, refund=None))
    for line in owned:
        request_refund(
            payment, amount_minor=line.price_minor, reason=RefundReason.OWNED, lines=[line]
        )
    return bool(owned)


def _refund_rest(payment: Payment, reason: RefundReason) -> bool:
    left = refundable_minor(payment)
    if not left:
        return False
    request_refund(payment, amount_minor=left, reason=reason)
    return True


def _give_back(
    payment: Payment,
    amount_minor: int,
    *,
    lines: list[OrderLine] | None = None,
    ends_access: bool = True,
) -> Refund:
    return request_refund(
        payment,
        amount_minor=amount_minor,
        reason=RefundReason.ASKED,
        lines=lines or [],
        ends_access=ends_access,
    )
