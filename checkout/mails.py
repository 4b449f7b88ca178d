"""The letters that customers get, each once for its occasion."""

from django.conf import settings
from django.template.loader import render_to_string

from checkout.models import Order, OrderLine, Payment, Refund, RefundReason
from project.mail import send_later

# Why money goes back that nobody asked for.
BECAUSE = {
    RefundReason.SURPLUS: "Your order was paid twice, and once is enough.",
    RefundReason.OWNED: "You had one of the courses that you paid for already.",
    RefundReason.MISMATCH: "What you paid was not what the order cost.",
}


def send_receipt(order: Order, lines: list[OrderLine]) -> None:
    """Thank the customer, and say where the courses are. Once for each order."""
    context = _context(order) | {"lines": lines}
    send_later(
        key=f"receipt:{order.pk}",
        to=order.email,
        subject=f"Your order {order.number} at {settings.SHOP_NAME}",
        text=render_to_string("checkout/mail/receipt.txt", context),
        html=render_to_string("checkout/mail/receipt.html", context),
    )


def send_waiting_for_bank(order: Order, payment: Payment) -> None:
    """Say that the order is in, and that the bank takes its time. Once for each attempt."""
    _write(
        order,
        key=f"waiting:{payment.pk}",
        subject=f"Your bank is confirming order {order.number}",
        letter="waiting",
    )


def send_payment_failed(order: Order, payment: Payment) -> None:
    """Say that the bank refused, and where another try is made. Once for each attempt."""
    _write(
        order,
        key=f"failed:{payment.pk}",
        subject=f"The payment of order {order.number} did not go through",
        letter="payment_failed",
    )


def send_refunded(order: Order, refund: Refund) -> None:
    """Say that money is on its way back. Once for each refund."""
    lines = [line.title for line in refund.lines.all()]
    _write(
        order,
        key=f"refunded:{refund.pk}",
        subject=f"{refund.amount} of order {order.number} is on its way back to you",
        letter="refunded",
        refund=refund,
        titles=lines,
        why=BECAUSE.get(RefundReason(refund.reason), ""),
    )


def send_order_links(email: str, orders: list[Order], *, has_account: bool, key: str) -> None:
    """Say where the orders are that were placed with an address. Once for each ``key``."""
    context = {
        "orders": orders,
        "has_account": has_account,
        "shop": settings.SHOP_NAME,
        "site": settings.SITE_URL,
    }
    send_later(
        key=f"links:{key}",
        to=email,
        subject=f"Your orders at {settings.SHOP_NAME}",
        text=render_to_string("checkout/mail/order_links.txt", context),
        html=render_to_string("checkout/mail/order_links.html", context),
    )


def _write(order: Order, *, key: str, subject: str, letter: str, **context: object) -> None:
    context |= _context(order)
    text = render_to_string(f"checkout/mail/{letter}.txt", context)
    html = render_to_string(f"checkout/mail/{letter}.html", context)
    send_later(key=key, to=order.email, subject=subject, text=text, html=html)


def _context(order: Order) -> dict[str, object]:
    return {
        "order": order,
        "is_guest": order.user_id is None,
        "shop": settings.SHOP_NAME,
        "site": settings.SITE_URL,
    }
