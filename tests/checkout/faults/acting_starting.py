"""What shoppers, banks and clocks do in the tests of starting, paying and landing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
import requests
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from checkout.models import (
    CartItem,
    Fulfillment,
    LedgerEntry,
    Order,
    Payment,
    PaymentStatus,
    Refund,
)
from checkout.placing import place_order
from checkout.reconciliation import STEPS, reconcile
from checkout.refunds import send_refund
from checkout.sandbox.deliveries import deliver
from checkout.sandbox.models import CheckoutSession, Delivery
from library.models import Enrollment
from project.models import OutboundMail
from tests.sandbox.asking import us_account_filled_in

CREATE, RETRIEVE = "checkout.sessions.create", "checkout.sessions.retrieve"
BREAD = "Bread from Scratch"  # the course of the fixture, at 39 dollars


def books():
    """Return all that a purchase can change, here and at the gateway."""
    orders = Order.objects.order_by("pk")
    keys = OutboundMail.objects.exclude(key=None).values_list("key", flat=True)
    return {
        "orders": [order.held_reason or order.status for order in orders],
        "payments": _column(Payment.objects, "status"),
        "sessions": _column(CheckoutSession.objects, "status", order_by="created_at"),
        "fulfilled": _column(Fulfillment.objects, "order__status"),
        "ledger": _column(LedgerEntry.objects, "amount_minor"),
        "seats": _column(Enrollment.objects, "status"),
        "cart": _column(CartItem.objects.filter(cart__merged_at=None), "course__title"),
        "letters": sorted(key.partition(":")[0] for key in keys),
    }


def _column(rows, name, *, order_by="pk"):
    return list(rows.order_by(order_by).values_list(name, flat=True))


def only(**what):
    """Return books that are empty but for what is named."""
    names = ("orders", "payments", "sessions", "fulfilled", "ledger", "seats", "cart", "letters")
    return {name: [] for name in names} | what


def waiting(**changes):
    """Return the books while one order waits for its customer to pay."""
    one = {"orders": ["pending"], "payments": ["open"], "sessions": ["open"], "cart": [BREAD]}
    return only(**one) | changes


def bought(**changes):
    """Return the books after one order of one course was paid."""
    return (
        only(
            orders=["paid"],
            payments=["paid"],
            sessions=["complete"],
            fulfilled=["paid"],
            ledger=[3900],
            seats=["active"],
            letters=["receipt"],
        )
        | changes
    )


def refused_by(constraint, attempt):
    """Assert that the database itself refuses, by the name of its constraint."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        attempt()


def another_attempt(order, *, status=PaymentStatus.CREATING, **changes):
    """Write down a payment past all code of the shop."""
    return Payment.objects.create(
        **{
            "order": order,
            "attempt": 9,
            "gateway": "stripe",
            "livemode": False,
            "status": status,
            "amount_minor": order.total_minor,
            "currency": order.currency,
            "idempotency_key": "another",
            "request": {},
            "request_hash": "",
            "expires_at": order.expires_at,
            **changes,
        }
    )


def stop_before_the_call(shopper):
    """Press the button in a shop that dies with the order committed and the gateway not called."""
    place_order(shopper.cart, user=shopper.user, email=shopper.user.email, token=uuid4())
    return Payment.objects.get()


def another_browser(user):
    """Return another device of the same person."""
    client = Client()
    client.force_login(user)
    return client


def at_once(*deeds):
    """Do all of them at the same moment; return what each returned."""
    starting_line = Barrier(len(deeds))

    def do(deed):
        try:
            starting_line.wait()
            return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def pay_by_bank(url):
    """Pay from a bank account at the pay page: the money comes in days, or does not."""
    return post_at(url, us_account_filled_in())


def post_at(url, form):
    """Send a form to the gateway's page; return the answer, redirects not followed."""
    with requests.Session() as http:
        return http.post(url, data=form, allow_redirects=False, timeout=30)


def tell_the_shop():
    """Deliver all webhooks that are due, as the worker does."""
    for pk in Delivery.objects.due(timezone.now()).order_by("pk").values_list("pk", flat=True):
        deliver(pk)


def send_refunds():
    """Send the refunds that were asked for, as the worker does."""
    for pk in Refund.objects.filter(status="requested").values_list("pk", flat=True):
        send_refund(pk)


def sweep(**later):
    """Have the shop ask by itself, so much later."""
    return reconcile(STEPS, commit=True, now=timezone.now() + timedelta(**later))


def text_at(client, url):
    """Return a page's text, in one line."""
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())
