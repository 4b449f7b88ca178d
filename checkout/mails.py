"""The letters that customers get, each once for its occasion."""

from contextlib import AbstractContextManager, nullcontext

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.models import Order, OrderLine, Payment, Refund, RefundReason
from project.languages import speaking
from project.mail import Letter, send_later, write_later, writes

# Why money goes back that nobody asked for.
BECAUSE = {
    RefundReason.SURPLUS: _("Your order was paid twice, and once is enough."),
    RefundReason.OWNED: _("You had one of the courses that you paid for already."),
    RefundReason.MISMATCH: _("What you paid was not what the order cost."),
}


def send_receipt(order: Order) -> None:
    """Have the customer be thanked, once for each order.

    The worker writes it: a settlement holds locks, and has no time for that.
    """
    write_later("receipt", order.pk, to=order.email, key=f"receipt:{order.pk}")


@writes("receipt")
def write_receipt(order_id: int) -> Letter | None:
    """Thank the customer, and say where the courses are; nothing for an order that is gone."""
    order = Order.objects.select_related("user").filter(pk=order_id).first()
    if order is None:
        return None
    with in_language_of(order):
        subject = gettext("Your order %(number)s at %(shop)s")
        return _letter(
            order,
            subject=subject % {"number": order.number, "shop": settings.SHOP_NAME},
            letter="receipt",
            context={"lines": _lines_as_sold(order)},
        )


def send_waiting_for_bank(order: Order, payment: Payment) -> None:
    """Say that the order is in, and that the bank takes its time. Once for each attempt."""
    with in_language_of(order):
        _write(
            order,
            key=f"waiting:{payment.pk}",
            subject=gettext("Your bank is confirming order %(number)s") % {"number": order.number},
            letter="waiting",
        )


def send_payment_failed(order: Order, payment: Payment) -> None:
    """Say that the bank refused, and where another try is made. Once for each attempt."""
    with in_language_of(order):
        subject = gettext("The payment of order %(number)s did not go through")
        _write(
            order,
            key=f"failed:{payment.pk}",
            subject=subject % {"number": order.number},
            letter="payment_failed",
        )


def send_refunded(order: Order, refund: Refund) -> None:
    """Say that money is on its way back. Once for each refund."""
    titles = [line.title for line in refund.lines.all()]
    with in_language_of(order):
        subject = gettext("%(amount)s of order %(number)s is on its way back to you")
        _write(
            order,
            key=f"refunded:{refund.pk}",
            subject=subject % {"amount": refund.amount, "number": order.number},
            letter="refunded",
            refund=refund,
            titles=titles,
            why=BECAUSE.get(RefundReason(refund.reason), ""),
        )


def in_language_of(order: Order) -> AbstractContextManager[None]:
    """Speak to the order's customer: as they chose since, else as when they placed it."""
    return speaking((order.user and order.user.language) or order.language)


def send_order_links(email: str, orders: list[Order], *, has_account: bool, key: str) -> None:
    """Say where the orders are that were placed with an address. Once for each ``key``."""
    context = {
        "orders": orders,
        "has_account": has_account,
        "shop": settings.SHOP_NAME,
        "site": settings.SITE_URL,
    }
    with in_language_of(orders[0]) if orders else nullcontext():
        send_later(
            key=f"links:{key}",
            to=email,
            subject=gettext("Your orders at %(shop)s") % {"shop": settings.SHOP_NAME},
            text=render_to_string("checkout/mail/order_links.txt", context),
            html=render_to_string("checkout/mail/order_links.html", context),
        )


def _lines_as_sold(order: Order) -> list[OrderLine]:
    """Return the order's lines with their seats, in the order in which these were granted.

    A seat's link is the first that it had: one that was taken back since stays dead.
    """
    lines = order.lines.with_sold().select_related("enrollment").order_by("course_id", "seat")
    for line in lines:
        if line.enrollment:
            line.enrollment.claim_version = 0
    return list(lines)


def _write(order: Order, *, key: str, subject: str, letter: str, **context: object) -> None:
    said = _letter(order, subject=subject, letter=letter, context=context)
    send_later(key=key, to=order.email, subject=said.subject, text=said.text, html=said.html)


def _letter(order: Order, *, subject: str, letter: str, context: dict[str, object]) -> Letter:
    page = settings.SITE_URL + order.get_absolute_url()
    context |= {"order": order, "order_url": page, "is_guest": order.user_id is None}
    context |= {"shop": settings.SHOP_NAME, "site": settings.SITE_URL}
    text = render_to_string(f"checkout/mail/{letter}.txt", context)
    html = render_to_string(f"checkout/mail/{letter}.html", context)
    return Letter(subject, text, html)
