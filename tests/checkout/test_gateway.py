"""Stripe's side of the protocol: what it is asked for, what its answers mean, what is kept."""

import json
import logging
import re
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from checkout.gateways import (
    EmailRefused,
    NotFound,
    OutcomeUnknown,
    Refused,
    SessionState,
    Unavailable,
)
from checkout.gateways import stripe as stripe_gateway
from checkout.gateways.stripe import StripeGateway
from checkout.gateways.stripe_objects import _state
from checkout.models import Order, Payment
from checkout.models.payment import LIFETIME
from checkout.sandbox.models import CheckoutSession
from tests.checkout.paying import pay_at
from tests.checkout.shop import create_order, create_payment
from tests.checkout.test_start import check_out
from tests.factories import create_course

SESSION = {
    "id": "cs_test_1",
    "object": "checkout.session",
    "url": "https://pay.example/cs_test_1",
    "expires_at": 1_900_000_000,
}
# Nothing that Stripe says of an address, but the customer's words are in it all the same.
SENTENCE = "Invalid string: ada@example.com"


@contextmanager
def answering(*answers):
    """Serve Stripe's API with these answers, one a request; yield its address and the requests."""
    left, requests = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.answer()

        def do_GET(self):
            self.answer()

        def answer(self):
            requests.append((self.path, self.headers["Idempotency-Key"]))
            status, body = left.pop(0)
            self.send_response(status)
            self.send_header("Request-Id", "req_1")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        stripe_gateway.close_clients()
        server.shutdown()
        server.server_close()


def refusal(status, *, code="parameter_invalid", param="client_reference_id"):
    error = {"type": "invalid_request_error", "message": SENTENCE, "code": code}
    return status, {"error": error | {"param": param}}


@pytest.mark.parametrize(
    ("status", "payment_status", "intent", "state"),
    [
        ("open", "unpaid", None, SessionState.OPEN),
        ("open", "unpaid", "requires_payment_method", SessionState.OPEN),
        ("expired", "unpaid", None, SessionState.EXPIRED),
        ("expired", "unpaid", "canceled", SessionState.EXPIRED),
        ("complete", "paid", "succeeded", SessionState.PAID),
        ("complete", "no_payment_required", None, SessionState.PAID),
        ("complete", "unpaid", "processing", SessionState.PROCESSING),
        ("complete", "unpaid", None, SessionState.PROCESSING),
        ("complete", "unpaid", "requires_payment_method", SessionState.FAILED),
        ("complete", "unpaid", "canceled", SessionState.FAILED),
    ],
)
def test_state_of_a_session(status, payment_status, intent, state):
    session = {"status": status, "payment_status": payment_status}

    assert _state(session, {"status": intent}) == state


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Refused),
        (401, Refused),
        (402, Refused),
        (403, Refused),
        (404, NotFound),
        (409, Unavailable),
        (429, Unavailable),
        (500, OutcomeUnknown),
        (503, OutcomeUnknown),
    ],
)
def test_refusal_means_whether_something_was_done(settings, status, error):
    """Not its class, but its status decides. The customer's words in it are not kept."""
    with answering(refusal(status), refusal(status)) as (address, _):
        settings.STRIPE_API_BASE = address
        with pytest.raises(error) as caught:
            StripeGateway().create(create_payment())

    assert caught.type is error
    words = rf"\w+Error {status} (parameter_invalid)? req_1( client_reference_id)?"
    assert re.fullmatch(words, str(caught.value))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "told", [{"code": "email_invalid"}, {"code": None, "param": "customer_email"}]
)
def test_refusal_of_an_address_is_known_from_others(settings, told):
    """A page can ask for another address; it can do nothing about another refusal."""
    with answering(refusal(400, **told)) as (address, _):
        settings.STRIPE_API_BASE = address
        with pytest.raises(EmailRefused):
            StripeGateway().create(create_payment())


@pytest.mark.django_db
def test_silence_means_that_nobody_knows(settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    with pytest.raises(OutcomeUnknown):
        StripeGateway().create(create_payment())


@pytest.mark.django_db
def test_failure_is_asked_again_once_with_the_same_key(settings):
    payment = create_payment()
    with answering(refusal(500), (200, SESSION)) as (address, requests):
        settings.STRIPE_API_BASE = address

        started = StripeGateway().create(payment)

    assert (started.session_id, started.url) == (SESSION["id"], SESSION["url"])
    assert requests == [("/v1/checkout/sessions", payment.idempotency_key)] * 2


@pytest.fixture
def refused(settings, shopper, course):
    """An order that Stripe refused at the start, when tried again, and when asked about."""
    shopper.wants(course)
    with answering(refusal(400), refusal(400), refusal(400)) as (address, requests):
        settings.STRIPE_API_BASE = address
        check_out(shopper)
        order = Order.objects.get()
        shopper.client.post(f"{order.get_absolute_url()}payment/")
        create_payment(order=order, attempt=3)
        Payment.objects.update(last_checked_at=timezone.now() - timedelta(hours=1))
        shopper.client.get(order.get_absolute_url())
    assert len(requests) == 3
    return order


@pytest.mark.django_db
def test_customers_words_are_not_kept_with_a_refusal(refused):
    """Stripe quotes what was typed."""
    said = "InvalidRequestError 400 parameter_invalid req_1 client_reference_id"
    attempts = refused.payments.order_by("attempt").values_list("status", "last_error")

    assert list(attempts) == [("abandoned", said), ("abandoned", said), ("open", "")]


@pytest.mark.django_db
def test_customers_words_are_in_no_log(caplog, request):
    """Logs are read by more people than orders are."""
    with caplog.at_level(logging.INFO):
        request.getfixturevalue("refused")

    assert "ada@example.com" not in caplog.text


@pytest.mark.django_db
def test_request_is_frozen_whole(settings):
    """LESSONS 19: the way back is the shop's configured address, never the request's host."""
    settings.SITE_URL = "https://shop.example"
    bread = create_course(title="Bread", price_minor=3900)
    cheese = create_course(title="Cheese", price_minor=5900)
    order = create_order(courses=[cheese, bread], seats=2)

    payment = Payment.objects.attempt(order, StripeGateway())

    payment.refresh_from_db()
    ids = {
        "order": order.reference,
        "payment": f"{order.reference}:1",
        "site": "https://shop.example",
    }
    assert payment.request == {
        "mode": "payment",
        "locale": "auto",
        "line_items": [line_item(bread), line_item(cheese)],
        "client_reference_id": order.reference,
        "customer_email": order.email,
        "metadata": ids,
        "payment_intent_data": {"metadata": ids},
        "expires_at": int(payment.expires_at.timestamp()),
        "adaptive_pricing": {"enabled": False},
        "submit_type": "pay",
        "success_url": f"https://shop.example/orders/{order.reference}/",
        "cancel_url": f"https://shop.example/cart/?canceled={order.reference}",
    }
    assert payment.idempotency_key == ids["payment"]
    assert abs(payment.expires_at - timezone.now() - LIFETIME) < timedelta(minutes=1)


def line_item(course):
    return {
        "quantity": 2,
        "price_data": {
            "currency": "usd",
            "unit_amount": course.price_minor,
            "product_data": {"name": course.title},
        },
        "metadata": {"course": str(course.pk), "for_buyer": "yes"},
    }


@pytest.mark.django_db(transaction=True)
def test_what_paid_is_written_down_with_the_payment(gateway, shopper, course):
    """What staff need to find it at Stripe, and to answer the customer."""
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"])

    payment = Payment.objects.get()
    intent = CheckoutSession.objects.get().payment_intent
    kept = (payment.intent_id, payment.charge_id, payment.method, payment.card)
    assert kept == (intent.pk, intent.latest_charge_id, "card", "Visa 4242")
    assert payment.customer_email == shopper.user.email
    assert payment.received_minor == 3900
