"""Events that cannot be acted on: kept, delivered again, and given up with a word to staff."""

import json
from io import BytesIO

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.db import OperationalError, connection

from checkout.models import Payment, WebhookEvent
from checkout.models.webhook_event import MAX_ATTEMPTS
from checkout.sandbox.models import CheckoutSession
from checkout.webhooks import MAX_BODY, stripe_webhook
from project.models import OutboundMail
from tests.checkout.paying import pay_at
from tests.checkout.shop import create_order, create_payment
from tests.checkout.test_start import check_out, statuses
from tests.checkout.test_webhooks import SECRET, URL, event_about, send, sign
from tests.factories import create_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secret(settings):
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]


@pytest.fixture
def paid(gateway, settings, shopper, course):
    """A session that was paid at the gateway, of which the shop has not heard."""
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    return Payment.objects.get()


def deliver(body):
    """Deliver an event; return the answer's status, and what became of it."""
    answer = send(body, sign(body)).status_code
    return answer, WebhookEvent.objects.get().state


@pytest.mark.django_db(transaction=True)
def test_event_is_given_up_after_twelve_failures_and_can_be_sent_again(paid):
    """The gateway stops then; staff hear of it once, mend it, and have it sent again."""
    staff = create_staff()
    session = CheckoutSession.objects.get()
    CheckoutSession.objects.all().delete()
    body = event_about(paid)

    answers = [deliver(body) for _ in range(MAX_ATTEMPTS + 1)]

    assert answers == [(500, "failed")] * 11 + [(200, "dead")] * 2
    letters = OutboundMail.objects.filter(key__startswith="dead:")
    assert list(letters.values_list("to", flat=True)) == [staff.email]
    assert statuses() == (["pending"], ["open"])

    session.save(force_insert=True)
    assert deliver(body) == (200, "done")
    assert statuses() == (["paid"], ["paid"])


@pytest.mark.django_db(transaction=True)
def test_defect_of_ours_loses_no_event(paid):
    """A sum that the currency does not have raises what nobody foresaw."""
    CheckoutSession.objects.update(currency="isk", amount_total=3901)
    body = event_about(paid)

    assert deliver(body) == (500, "failed")
    assert "finer than ISK" in WebhookEvent.objects.get().error
    assert statuses() == (["pending"], ["open"])

    CheckoutSession.objects.update(currency="usd", amount_total=3900)
    assert deliver(body) == (200, "done")
    assert statuses() == (["paid"], ["paid"])


@pytest.mark.django_db(transaction=True)
def test_event_about_another_session_of_the_payment_is_no_success(paid):
    """Whoever made that one: its money would be missed if the event were called done."""
    session_id = paid.session_id
    paid.session_id = "cs_test_another"

    assert deliver(event_about(paid)) == (500, "failed")

    assert Payment.objects.get().session_id == session_id
    assert statuses() == (["pending"], ["open"])


@pytest.mark.parametrize("is_saved", [True, False])
def test_event_finds_no_payment_of_the_other_mode(is_saved):
    """Neither by its session nor by our own key."""
    payment = create_payment(status="creating")
    body = event_about(payment)
    Payment.objects.update(livemode=True, **({} if is_saved else {"session_id": None}))

    assert deliver(body) == (200, "ignored")

    assert WebhookEvent.objects.get().payment is None
    assert Payment.objects.get().status == "creating"


def test_event_that_cannot_be_kept_is_to_be_sent_again():
    def refuse(execute, sql, params, many, context):
        if "INSERT INTO checkout_webhookevent" in sql:
            raise OperationalError("the disk is full")
        return execute(sql, params, many, context)

    body = event_about()
    with connection.execute_wrapper(refuse):
        answer = send(body, sign(body))

    assert answer.status_code == 503
    assert not WebhookEvent.objects.exists()
    assert send(body, sign(body)).status_code == 200


@pytest.mark.parametrize(("length", "status"), [(MAX_BODY, 400), (MAX_BODY + 1, 413)])
def test_body_in_chunks_is_measured_as_well(length, status):
    """It has no length beforehand."""
    scope = {"type": "http", "method": "POST", "path": URL, "headers": []}

    answer = stripe_webhook(ASGIRequest(scope, BytesIO(b"x" * length)))

    assert answer.status_code == status


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "1e3", "²"])
def test_length_that_is_no_number_is_refused(client, length):
    answer = client.post(URL, b"{}", content_type="application/json", CONTENT_LENGTH=length)

    assert answer.status_code == 413


def test_id_that_no_row_can_hold_is_refused():
    payment = create_payment(order=create_order(), status="creating")
    Payment.objects.update(session_id=None)
    payment.session_id = "cs_" + "x" * 253
    body = event_about(payment)
    assert len(json.loads(body)["data"]["object"]["id"]) == 256

    assert send(body, sign(body)).status_code == 400

    assert not WebhookEvent.objects.exists()
    assert Payment.objects.get().session_id is None
