"""What the busy answers ask of the database: as much with 3 courses in the shop as with 300."""

import json
import time
from contextlib import contextmanager

import pytest
import stripe
from django.core.signals import request_started
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Course
from checkout.models import Payment
from checkout.settlement import settle, sync_payment
from tests.checkout.conftest import HTMX
from tests.checkout.paying import pay_at
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.checkout.test_start import check_out
from tests.factories import create_course

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.parametrize("courses", [3, 300])]


@pytest.fixture
def shop_of(course):
    """Return a function that fills the shop up to so many courses."""

    def fill(courses):
        first = create_course(lessons=2)
        kinds = [
            Course(
                slug=f"filler-{number}",
                title=f"Filler {number}",
                summary="One of many.",
                instructor=first.instructor,
                price_minor=1000,
                currency="usd",
                status="published",
            )
            for number in range(courses - 2)
        ]
        Course.objects.bulk_create(kinds)
        return first

    return fill


def test_catalog(client, shop_of, courses, django_assert_num_queries):
    shop_of(courses)

    with django_assert_num_queries(3):  # choices, courses with their number, bundles
        assert client.get("/").status_code == 200


def test_cart_answer(shopper, shop_of, courses, django_assert_num_queries):
    wanted = shop_of(courses)
    shopper.wants(create_course())

    with django_assert_num_queries(7):
        shopper.client.post("/cart/items/", {"course": wanted.slug, "shown": "1"}, headers=HTMX)


def test_order_status(shopper, shop_of, courses, django_assert_num_queries):
    order = create_order(buyer=shopper.user, courses=[shop_of(courses)])
    payment = create_payment(order=order)
    query = f"?v={order.version}&t={int(time.time())}&s=2"

    with django_assert_num_queries(3):
        waiting = shopper.client.get(f"/orders/{order.reference}/status/{query}", headers=HTMX)
    settle(payment.pk, snapshot_of(payment))
    with django_assert_num_queries(7):
        flipped = shopper.client.get(f"/orders/{order.reference}/status/{query}", headers=HTMX)

    assert (waiting.status_code, flipped.status_code) == (204, 200)


def test_webhook(gateway, shopper, shop_of, courses, settings, django_assert_num_queries):
    shopper.wants(shop_of(courses))
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    payment = Payment.objects.get()
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_x"]
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {"id": payment.session_id}},
    }
    body = json.dumps(event)
    signature = stripe.WebhookSignature.generate_signature_header(
        body, "whsec_x", timestamp=int(time.time())
    )

    def send():
        return shopper.client.post(
            "/webhooks/stripe/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": signature},
        )

    with django_assert_num_queries(18), gateway_calls() as calls:
        assert send().status_code == 200
    with django_assert_num_queries(1):
        assert send().status_code == 200
    assert calls == [f"/sandbox/v1/checkout/sessions/{payment.session_id}"]
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_settling_takes_one_call_and_one_transaction(gateway, shopper, shop_of, courses):
    shopper.wants(shop_of(courses))
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    payment = Payment.objects.get()

    with CaptureQueriesContext(connection) as queries, gateway_calls() as calls:
        assert sync_payment(payment) is True

    ends = [query["sql"] for query in queries if query["sql"] in ("BEGIN", "COMMIT")]
    assert ends == ["BEGIN", "COMMIT"]
    assert calls == [f"/sandbox/v1/checkout/sessions/{payment.session_id}"]


@contextmanager
def gateway_calls():
    """Collect the addresses that the gateway is asked at, in this process's server."""
    calls = []

    def note(environ=None, **_):
        if environ and environ["PATH_INFO"].startswith("/sandbox/v1/"):
            calls.append(environ["PATH_INFO"])

    request_started.connect(note)
    try:
        yield calls
    finally:
        request_started.disconnect(note)
