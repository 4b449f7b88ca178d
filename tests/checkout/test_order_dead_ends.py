"""From an order's page there is always a way on: to pay again, or to hear how it stands."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from checkout import settling
from checkout.gateways import gateway_named
from checkout.models import Order, Payment
from checkout.sandbox.models import CheckoutSession
from checkout.settlement import settle, sync_payment
from tests.checkout.conftest import HTMX
from tests.checkout.paying import pay_at
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.checkout.test_dead_ends import NO_ANSWER
from tests.checkout.test_orders import text_of
from tests.checkout.test_start import check_out, messages_of, statuses
from tests.factories import create_learner, enroll

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(shopper, course):
    """An order whose payment the bank refused after all; its cart is empty by then."""
    order = create_order(buyer=shopper.user, courses=[course], with_cart=False)
    create_payment(order=order, status="failed")
    return order


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_payment_that_failed_can_be_tried_again(gateway, shopper, failed, headers):
    url = f"{failed.get_absolute_url()}payment/"
    assert f'<form method="post" action="{url}">' in text_of(
        shopper.client.get(failed.get_absolute_url())
    )

    response = shopper.client.post(url, headers=headers)

    new = Payment.objects.latest("attempt")
    assert response["HX-Redirect" if headers else "Location"] == new.session_url != ""
    assert response.status_code == (200 if headers else 303)
    assert statuses() == (["pending"], ["failed", "open"])
    pay_at(new.session_url)
    assert statuses() == (["paid"], ["failed", "paid"])


def test_payment_that_is_tried_again_twice_has_one_session(gateway, shopper, failed):
    url = f"{failed.get_absolute_url()}payment/"

    first, second = shopper.client.post(url), shopper.client.post(url)

    assert first["Location"] == second["Location"]
    assert CheckoutSession.objects.count() == 1


def test_payment_of_somebody_elses_order_is_not_found(gateway, failed):
    other = Client()
    other.force_login(create_learner())
    url = f"{failed.get_absolute_url()}payment/"

    assert other.post(url).status_code == 404
    assert Client().post(url)["Location"].startswith("/accounts/login/")
    assert other.get(url).status_code == 405
    assert statuses() == (["pending"], ["failed"])


def test_payment_of_an_order_that_is_paid_shows_it(gateway, shopper, failed):
    payment = failed.payments.get()
    settle(payment.pk, snapshot_of(payment))

    response = shopper.client.post(f"{failed.get_absolute_url()}payment/")

    assert response["Location"] == failed.get_absolute_url()
    assert statuses() == (["paid"], ["paid"])


def test_payment_that_gets_no_answer_leads_back_to_the_order(gateway, settings, shopper, failed):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    response = shopper.client.post(f"{failed.get_absolute_url()}payment/")

    assert response["Location"] == failed.get_absolute_url()
    assert messages_of(response) == [
        "The payment service did not answer. Please try again in a moment."
    ]


def test_rivals_of_a_payment_are_ended_when_it_is_settled(gateway, shopper, course):
    """Late money of the first session, while the second is open: nobody shall pay that as well."""
    shopper.wants(course)
    first_url = check_out(shopper)["Location"]
    first = Payment.objects.get()
    Payment.objects.update(status="expired")
    check_out(shopper)
    pay_at(first_url, tells_the_shop=False)

    sync_payment(first)

    rival = Payment.objects.latest("attempt")
    assert statuses() == (["paid"], ["paid", "expired"])
    assert CheckoutSession.objects.get(pk=rival.session_id).status == "expired"


def test_rival_is_ended_at_the_next_look_if_whoever_ought_to_died(gateway, shopper, course):
    """The process was killed between settling the one and ending the other."""
    shopper.wants(course)
    first_url = check_out(shopper)["Location"]
    first = Payment.objects.get()
    Payment.objects.update(status="expired")
    check_out(shopper)
    pay_at(first_url, tells_the_shop=False)
    settle(first.pk, gateway_named("stripe").fetch(first))

    sync_payment(Payment.objects.latest("attempt"))

    assert statuses() == (["paid"], ["paid", "expired"])
    assert CheckoutSession.objects.filter(status="open").count() == 0


@contextmanager
def order_locked(order):
    """Hold the order's lock in another connection, as a transaction that hangs."""
    held, done = Event(), Event()

    def hold():
        try:
            with transaction.atomic():
                Order.objects.locked().get(pk=order.pk)
                held.set()
                done.wait(timeout=30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        held.wait(timeout=10)
        try:
            yield
        finally:
            done.set()
        holding.result()


def test_lock_that_does_not_come_is_a_page_and_no_error(gateway, shopper, course, monkeypatch):
    monkeypatch.setattr(settling, "LOCK_TIMEOUT", "50ms")
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    Payment.objects.update(last_checked_at=timezone.now() - timezone.timedelta(seconds=10))
    order = Order.objects.get()

    with order_locked(order):
        page = shopper.client.get(order.get_absolute_url())
        start = check_out(shopper)
        retry = shopper.client.post(f"{order.get_absolute_url()}payment/")

    assert (page.status_code, "Confirming your payment" in text_of(page)) == (200, True)
    assert (start["Location"], messages_of(start)) == ("/cart/", [NO_ANSWER])
    assert retry["Location"] == order.get_absolute_url()
    assert statuses() == (["pending"], ["open"])
    assert check_out(shopper)["Location"] == order.get_absolute_url()
    assert statuses() == (["paid"], ["paid"])


def test_seat_that_was_revoked_is_not_shown_as_open(shopper, course):
    order = create_order(buyer=shopper.user, courses=[course], seats=2)
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    for line in order.lines.all():
        line.enrollment.revoke()

    page = text_of(shopper.client.get(order.get_absolute_url()))

    shown = [text for text in ("Open for good", "Start lesson 1", "/claim/") if text in page]
    assert (shown, "Thank you." in page) == ([], True)


def test_list_says_that_somebody_looks_at_a_held_order(shopper, course):
    order = create_order(buyer=shopper.user, courses=[course])
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment, amount_minor=100))

    page = text_of(shopper.client.get("/orders/"))

    assert "We are looking at it" in page
    assert "Waiting for payment" not in page


def test_canceled_reference_of_somebody_else_shows_nothing(shopper):
    theirs = create_order()

    page = text_of(shopper.client.get(f"/cart/?canceled={theirs.reference}"))

    assert "You came back without paying" not in page


def test_buying_two_seats_of_what_one_has_gives_both_away(gateway, shopper, course):
    enroll(shopper.user, course=course)
    shopper.wants(course, seats=2)

    pay_at(check_out(shopper)["Location"])

    order = Order.objects.get()
    seats = [
        (line.is_for_buyer, line.outcome, line.enrollment.status) for line in order.lines.all()
    ]
    assert seats == [(False, "granted", "unclaimed")] * 2
    page = shopper.client.get(order.get_absolute_url()).content.decode()
    assert [line.enrollment.claim_url in page for line in order.lines.all()] == [True, True]
