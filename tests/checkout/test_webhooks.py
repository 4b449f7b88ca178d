"""The webhook receiver: garbage gets a 4xx and writes nothing, an event is acted on once."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import stripe
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from checkout.models import Order, Payment, WebhookEvent
from checkout.sandbox.models import Event
from library.models import Enrollment
from tests.checkout.paying import pay_at
from tests.checkout.shop import create_payment
from tests.checkout.test_start import check_out
from tests.factories import create_course

SECRET = "whsec_of_the_tests"
URL = "/webhooks/stripe/"


@pytest.fixture(autouse=True)
def secret(settings):
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]


def sign(body: bytes, *, secret=SECRET, timestamp=None) -> str:
    timestamp = int(time.time()) if timestamp is None else timestamp
    text = body.decode("utf-8", "surrogateescape")
    return stripe.WebhookSignature.generate_signature_header(text, secret, timestamp=timestamp)


def send(body: bytes, header: str | None = None, *, client=None):
    headers = {} if header is None else {"Stripe-Signature": header}
    return (client or Client()).post(URL, body, content_type="application/json", headers=headers)


def event_about(payment=None, *, event_type="checkout.session.completed", **changes) -> bytes:
    session = {
        "id": payment.session_id if payment else "cs_test_unknown",
        "object": "checkout.session",
        "metadata": {"payment": payment.idempotency_key} if payment else {},
    }
    event = {
        "id": "evt_1",
        "object": "event",
        "type": event_type,
        "created": int(time.time()),
        "livemode": False,
        "api_version": "2026-10-28.endive",
        "data": {"object": session},
    }
    return json.dumps(event | changes).encode()


GARBAGE = {
    "empty": b"",
    "null": b"null",
    "a list": b"[]",
    "a number": b"7",
    "a text": b'"event"',
    "an empty object": b"{}",
    "not JSON": b"{",
    "not UTF-8": b"\xff\xfe\x00",
    "deep nesting": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "NUL in the id": b'{"id":"evt\\u0000","object":"event","type":"t","created":1,'
    b'"data":{"object":{"id":"x"}}}',
    "NUL in the payload": b'{"id":"evt_1","object":"event","type":"t","created":1,"x":"\\u0000",'
    b'"data":{"object":{"id":"x"}}}',
    "half a surrogate": b'{"id":"evt_1","object":"event","type":"t","created":1,"x":"\\ud800",'
    b'"data":{"object":{"id":"x"}}}',
    "half a surrogate in the id": b'{"id":"\\ud800","object":"event","type":"t","created":1,'
    b'"data":{"object":{"id":"x"}}}',
    "not a number": b'{"id":"evt_1","object":"event","type":"t","created":1,"x":NaN,'
    b'"data":{"object":{"id":"x"}}}',
    "infinite": b'{"id":"evt_1","object":"event","type":"t","created":1,"x":1e999,'
    b'"data":{"object":{"id":"x"}}}',
    "no time": b'{"id":"evt_1","object":"event","type":"t","created":1e99,'
    b'"data":{"object":{"id":"x"}}}',
    "infinite time": b'{"id":"evt_1","object":"event","type":"t","created":1e999,'
    b'"data":{"object":{"id":"x"}}}',
    "long id": b'{"id":"%s","object":"event","type":"t","created":1,'
    b'"data":{"object":{"id":"x"}}}' % (b"e" * 256),
    "id is a number": b'{"id":1,"object":"event","type":"t","created":1,'
    b'"data":{"object":{"id":"x"}}}',
    "object without id": b'{"id":"e","object":"event","type":"t","created":1,"data":{"object":{}}}',
    "data is a list": b'{"id":"e","object":"event","type":"t","created":1,"data":[]}',
    "a huge number": b'{"id":"e","object":"event","type":"t","created":' + b"9" * 5000 + b"}",
}


# Of these PostgreSQL is the first to say that they cannot be kept.
UNKEEPABLE = {
    "NUL in the id", "NUL in the payload", "half a surrogate", "half a surrogate in the id",
    "not a number", "infinite", "long id",
}  # fmt: skip


def refuses(body, *, signed):
    try:
        header = sign(body) if signed else "t=1,v1=00"
    except UnicodeError:
        header = "t=1,v1=00"
    return send(body, header).status_code == 400 and not WebhookEvent.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_refused_and_nothing_is_written(name):
    """Fault 63: signed or not, it is a 400, never a 500."""
    assert refuses(GARBAGE[name], signed=False)
    assert name in UNKEEPABLE or refuses(GARBAGE[name], signed=True)


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_kept_is_refused_and_nothing_is_written():
    """Fault 63: by the database, in a statement that is a transaction of its own."""
    assert [name for name in UNKEEPABLE if not refuses(GARBAGE[name], signed=True)] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        None, "", "t=", "t=now,v1=ab", "v1=ab", "t=1", "=,=,=", "t=1,v1=", "t=1" * 5000,
        "t=\N{SNOWMAN},v1=ab", "t=1,v1=\N{SNOWMAN}", "t=99999999999999999999,v1=ab",
    ],
)  # fmt: skip
def test_bad_signature_is_refused_and_nothing_is_written(header):
    """LESSONS 3, faults 53: whatever the header holds."""
    response = send(event_about(), header)

    assert response.status_code == 400
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db
def test_signature_of_another_secret_or_an_old_one_is_refused():
    """Fault 54: a captured delivery cannot be sent again later."""
    body = event_about()

    assert send(body, sign(body, secret="whsec_another")).status_code == 400
    assert send(body, sign(body, timestamp=int(time.time()) - 301)).status_code == 400
    assert send(body + b" ", sign(body)).status_code == 400
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db
def test_both_secrets_are_good_while_one_is_rolled(settings):
    """Fault 70."""
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", SECRET]
    body = event_about()

    assert send(body, sign(body)).status_code == 200
    assert send(body, sign(body, secret="whsec_new")).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [True, False])
def test_receiver_is_closed_without_a_secret(settings, debug):
    """LESSONS 3: there is no mode in which unsigned events count."""
    settings.DEBUG, settings.STRIPE_WEBHOOK_SECRETS = debug, []
    body = event_about()

    assert send(body, sign(body, secret="x")).status_code == 404
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db
def test_large_bodies_and_other_methods_are_refused():
    """Fault 62."""
    body = event_about(padding="x" * 600_000)

    assert send(body, sign(body)).status_code == 413
    assert send(b"x" * 3_000_000, "t=1,v1=00").status_code == 413
    assert Client().get(URL).status_code == 405
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ).map(lambda thing: json.dumps(thing).encode()),
        st.fixed_dictionaries(
            {
                "object": st.just("event"),
                "id": st.text(max_size=300) | st.integers(),
                "type": st.text(max_size=300) | st.none(),
                "created": st.integers() | st.floats() | st.text(),
                "livemode": st.booleans() | st.none(),
                "data": st.fixed_dictionaries(
                    {"object": st.fixed_dictionaries({"id": st.text(), "metadata": st.text()})}
                ),
            }
        ).map(lambda thing: json.dumps(thing).encode()),
    )
)
def test_no_signed_body_makes_it_answer_500(body):
    try:
        header = sign(body)
    except UnicodeError:
        header = "t=1,v1=00"

    assert send(body, header).status_code in (200, 400)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"event_type": "customer.created"},
        {"event_type": "payment_intent.payment_failed"},
        {"livemode": True},
        {"livemode": None},
        {"account": "acct_another"},
    ],
)
def test_events_that_are_not_ours_are_kept_and_ignored(changes):
    """Faults 57, 58, 60: 200, so that they are not sent again; and no order is touched."""
    payment = create_payment()
    body = event_about(payment, **changes)

    assert send(body, sign(body)).status_code == 200

    assert WebhookEvent.objects.get().state == "ignored"
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("open", "pending")


@pytest.mark.django_db
def test_unknown_session_is_kept_and_ignored():
    """LESSONS 4, fault 59: it is written down for staff to see."""
    body = event_about()

    assert send(body, sign(body)).status_code == 200

    event = WebhookEvent.objects.get()
    assert (event.state, event.error) == ("ignored", "No payment of this shop belongs to it.")


@pytest.fixture
def paid(gateway, shopper, course):
    """A session that was paid at the gateway, of which the shop has not heard."""
    shopper.wants(course)
    url = check_out(shopper)["Location"]
    pay_at(url, tells_the_shop=False)
    return Payment.objects.get()


@pytest.fixture
def real_event(paid, settings):
    """The sandbox's own event of that session."""
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    from checkout.sandbox.objects.event import event_object

    event = Event.objects.get(type="checkout.session.completed")
    return json.dumps(event_object(event)).encode()


@pytest.mark.django_db(transaction=True)
def test_event_settles_the_payment(paid, real_event):
    """LESSONS 5: the browser never returned."""
    response = send(real_event, sign(real_event))

    assert response.status_code == 200
    paid.refresh_from_db()
    assert (paid.status, paid.order.status) == ("paid", "paid")
    assert Enrollment.objects.get().status == "active"
    event = WebhookEvent.objects.get()
    assert (event.state, event.payment, event.deliveries) == ("done", paid, 1)


@pytest.mark.django_db(transaction=True)
def test_event_delivered_again_changes_nothing_and_asks_nobody(
    paid, real_event, settings, django_assert_num_queries
):
    """Fault 48, 69: a repetition is one query."""
    send(real_event, sign(real_event))
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    with django_assert_num_queries(1):
        response = send(real_event, sign(real_event))

    assert response.status_code == 200
    assert WebhookEvent.objects.get().deliveries == 2
    assert Enrollment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_event_delivered_four_times_at_once_grants_once(paid, real_event):
    """LESSONS 2, fault 48."""
    starting_line = Barrier(4)

    def deliver(_):
        try:
            starting_line.wait()
            return send(real_event, sign(real_event)).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(deliver, range(4)))

    assert answers == [200] * 4
    assert Enrollment.objects.count() == 1
    assert WebhookEvent.objects.get().deliveries == 4


@pytest.mark.django_db(transaction=True)
def test_event_that_comes_before_the_session_was_saved_finds_its_payment(paid, real_event):
    """Fault 47: by our own key in the metadata."""
    Payment.objects.update(session_id=None, session_url="", status="creating")

    assert send(real_event, sign(real_event)).status_code == 200

    paid.refresh_from_db()
    assert (paid.status, paid.order.status) == ("paid", "paid")


@pytest.mark.django_db(transaction=True)
def test_event_is_kept_while_the_gateway_is_down_and_done_when_it_comes_again(
    paid, real_event, settings
):
    """Fault 65: 500, so that it is sent again."""
    working, settings.STRIPE_API_BASE = settings.STRIPE_API_BASE, "http://127.0.0.1:9"

    assert send(real_event, sign(real_event)).status_code == 500
    assert WebhookEvent.objects.get().state == "failed"
    assert Order.objects.get().status == "pending"

    settings.STRIPE_API_BASE = working
    assert send(real_event, sign(real_event)).status_code == 200
    assert WebhookEvent.objects.get().state == "done"
    assert Order.objects.get().status == "paid"


@pytest.mark.django_db(transaction=True)
def test_event_that_lies_is_not_believed(gateway, shopper, course):
    """An event is a hint: a signed "completed" of a session that is open opens nothing."""
    shopper.wants(course)
    check_out(shopper)
    payment = Payment.objects.get()
    body = event_about(payment)

    assert send(body, sign(body)).status_code == 200

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("open", "pending")
    assert not Enrollment.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("courses", [1, 12])
def test_event_that_settles_takes_as_many_queries_for_any_order(
    gateway, shopper, settings, courses, django_assert_num_queries
):
    """The gateway's call aside; two of them open and end the transaction."""
    shopper.wants(*[create_course() for _ in range(courses)])
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    body = event_about(Payment.objects.get())
    header = sign(body)

    with django_assert_num_queries(18):
        assert send(body, header).status_code == 200

    assert Order.objects.get().status == "paid"
