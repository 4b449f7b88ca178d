"""The letters that the shop writes, each once for its occasion."""

from email.utils import parseaddr

from django.conf import settings
from django.template.loader import render_to_string

from checkout.models import Order, OrderLine, Payment, WebhookEvent
from project.accounts.models import User
from project.mail import send_later


def send_receipt(order: Order, lines: list[OrderLine]) -> None:
    """Thank the customer, and say where the courses are. Once for each order."""
    context = {
        "order": order,
        "lines": lines,
        "shop": settings.SHOP_NAME,
        "site": settings.SITE_URL,
    }
    send_later(
        key=f"receipt:{order.pk}",
        to=order.email,
        subject=f"Your order {order.number} at {settings.SHOP_NAME}",
        text=render_to_string("checkout/mail/receipt.txt", context),
        html=render_to_string("checkout/mail/receipt.html", context),
    )


def tell_staff_of_surplus(order: Order, payment: Payment) -> None:
    """A second payment of the same order was received."""
    _tell_staff(
        f"surplus:{payment.pk}",
        f"{order} was paid twice",
        f"{payment} brought money that the order does not need. Please refund it.",
    )


def tell_staff_of_mismatch(order: Order, payment: Payment) -> None:
    """Another sum than the order's was received."""
    _tell_staff(
        f"mismatch:{payment.pk}",
        f"{order} was paid with another amount",
        f"{payment} does not match the order's total of {order.total}. Nothing was unlocked. "
        "Please settle it with the customer, or refund it.",
    )


def tell_staff_of_owned_line(line: OrderLine) -> None:
    """Somebody paid for a course that they had by then."""
    _tell_staff(
        f"owned:{line.pk}",
        f"{line.order} paid for a course that was owned already",
        f"“{line.title}” ({line.price}) was the customer's by the time the money came. "
        "Please refund it.",
    )


def tell_staff_of_dead_event(event: WebhookEvent) -> None:
    """An event could not be acted on, however often it came."""
    _tell_staff(
        f"dead:{event.pk}",
        f"An event of {event.gateway} was given up",
        f"{event} failed {event.attempts} times, at last with: {event.error} "
        "Once that is mended, have it sent again from the gateway's dashboard.",
    )


def _tell_staff(key: str, subject: str, text: str) -> None:
    """Write to everybody on the staff; while there is nobody, to the shop's own address."""
    staff = User.objects.filter(is_staff=True, is_active=True).values_list("email", flat=True)
    for address in staff or [parseaddr(settings.DEFAULT_FROM_EMAIL)[1]]:
        send_later(key=f"{key}:{address}"[:200], to=address, subject=subject, text=text)
