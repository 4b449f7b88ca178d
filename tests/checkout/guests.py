"""Somebody without an account at a browser, and orders that were placed so."""

from uuid import uuid4

from allauth.account.models import EmailAddress
from django.test import Client

from checkout.models import Order
from checkout.settlement import settle, sync_payment
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import create_learner

ADA = "ada@example.com"


def create_guest_order(*, email=ADA, courses=None, seats=1, is_paid=True):
    """Create an order that no account holds; unless told otherwise, its money is there."""
    order = create_order(courses=courses, seats=seats, with_cart=False)
    Order.objects.filter(pk=order.pk).update(user=None, email=email)
    order.refresh_from_db()
    payment = create_payment(order=order)
    if is_paid:
        settle(payment.pk, snapshot_of(payment))
        order.refresh_from_db()
    return order


def create_person(email=ADA, *, is_verified=True):
    """Create somebody with an account, who has proven the address or not."""
    person = create_learner(email=email)
    EmailAddress.objects.create(user=person, email=email, verified=is_verified, primary=True)
    return person


class Browser:
    """A browser in which nobody is signed in, and the gateway on the other side."""

    def __init__(self, gateway):
        self.client = Client()
        self.gateway = gateway

    def add(self, *courses, seats=1):
        for course in courses:
            self.client.post("/cart/items/", {"course": course.slug, "seats": seats})

    def check_out(self, email=ADA, *, token=None, headers=None):
        form = {"token": str(token or uuid4()), "email": email}
        return self.client.post("/checkout/", form, headers=headers or {})

    def buy(self, *courses, email=ADA, seats=1):
        """Put courses in, check out and pay; return the order. The browser does not look at it."""
        self.add(*courses, seats=seats)
        self.check_out(email)
        return self.pay()

    def pay(self):
        """Pay the newest order at the gateway, which tells the shop."""
        order = Order.objects.latest("pk")
        payment = order.payments.latest("attempt")
        if payment.session_id in self.gateway.states:
            self.gateway.pay(payment.session_id)
            sync_payment(payment)
        order.refresh_from_db()
        return order

    def look(self, order):
        """Open the order's page."""
        return self.client.get(order.get_absolute_url())
