"""Orders, as a part of a person's data: taken along with receipts, and kept without a name."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checkout.account import OrderAccount
from checkout.models import EventState, Order, OrderStatus, Payment, WebhookEvent
from project.accounts.models import User
from project.accounts.my_data.parts import Facts, Part

FINISHED = (EventState.DONE, EventState.IGNORED)


def collect(user: User) -> Facts:
    """Return the person's orders, the latest first."""
    return [_facts(account) for account in _accounts(user)]


def receipts(user: User) -> dict[str, str]:
    """Return a page for each order that was paid, by its name in the archive."""
    return {
        f"receipts/{account.order.number.removeprefix('No. ')}.html": render_to_string(
            "checkout/my_data/receipt.html", {"account": account, "shop": settings.SHOP_NAME}
        )
        for account in _accounts(user)
        if account.order.is_paid
    }


def objection(user: User) -> str:
    """Say that money is still on its way, if it is."""
    orders = Order.objects.held_by(user)
    if orders.live().exclude(status=OrderStatus.PENDING).exists() or orders.held().exists():
        return _("One of your payments is still under way. Please wait until it is settled.")
    if orders.live().exists():
        return _("An order of yours waits to be paid. Please wait until it has run out.")
    return ""


def forget(user: User) -> None:
    """Take the person's name out of orders, payments and what the gateway told of them.

    Amounts, dates and the gateway's ids stay, with which money can still be given back.
    """
    orders = Order.objects.held_by(user)
    payments = Payment.objects.filter(order__in=orders)
    WebhookEvent.objects.filter(payment__in=payments, state__in=FINISHED).update(payload={})
    for payment in payments:
        payment.forget_customer()
    orders.update(email=user.email)


def _accounts(user: User) -> list[OrderAccount]:
    orders = Order.objects.held_by(user).newest_first().prefetch_related("lines", "payments")
    return [OrderAccount(order, _lines(order), list(order.payments.all())) for order in orders]


def _lines(order: Order) -> list[Any]:
    lines = list(order.lines.all())
    for line in lines:
        line.order = order
    return lines


def _facts(account: OrderAccount) -> dict[str, Any]:
    order = account.order
    return {
        "number": order.number,
        "placed": order.created_at,
        "paid": order.paid_at,
        "standing": account.standing,
        "currency": order.currency,
        "total_minor": order.total_minor,
        "total": order.total,
        "returned_minor": account.returned_minor,
        "email": order.email,
        "lines": [
            {"title": line.title, "price_minor": line.price_minor, "price": line.price}
            for line in account.lines
        ],
        "payments": [
            {
                "method": payment.method,
                "card": payment.card,
                "received_minor": payment.received_minor,
                "currency": payment.received_currency,
            }
            for payment in account.payments
            if payment.received_minor
        ],
    }


ORDERS = Part(
    name="orders",
    title=gettext_lazy("Orders"),  # type: ignore[arg-type]  # lazy
    template="checkout/my_data/orders.html",
    collect=collect,
    files=receipts,
    forget=forget,
    objection=objection,
)
