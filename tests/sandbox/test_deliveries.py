import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import stripe
from django.db import connection, connections, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from checkout.sandbox import deliveries, jobs
from checkout.sandbox.events import emit, emit_held
from checkout.sandbox.models import Delivery, Event
from tests.sandbox.asking import create_session, listen_to_everything, pay

SECRETS = ["whsec_new", "whsec_old"]
THING = {"id": "cs_test_1", "object": "checkout.session"}


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS


def first_delivery():
    return emit("checkout.session.expired", THING).deliveries.get()


def deferred():
    """List the deliveries that the worker was asked for, with their waits in whole seconds."""
    now = timezone.now()
    return [
        (job.args["delivery_id"], round(((job.scheduled_at or now) - now).total_seconds()))
        for job in ProcrastinateJob.objects.order_by("id")
    ]


def emit_and_fail():
    with transaction.atomic():
        emit("checkout.session.expired", THING)
        raise RuntimeError


@pytest.mark.django_db
def test_a_delivery_is_signed_with_every_secret(shop):
    delivery = first_delivery()

    deliveries.deliver(delivery.pk)

    [(path, headers, body)] = shop.received
    assert path == "/webhooks/stripe/"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["Stripe-Signature"].count("v1=") == 2
    for secret in SECRETS:
        event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret)
        assert event.id == delivery.event_id
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_other")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", headers["Stripe-Signature"], SECRETS[0])
    assert json.loads(body)["data"]["object"] == THING
    delivery.refresh_from_db()
    assert (delivery.state, delivery.response_status) == ("delivered", 200)


def test_the_signature_is_the_one_the_sdk_would_make():
    ours = deliveries.signature_header(b'{"a": 1}', secrets=["whsec_x"], timestamp=1_800_000_000)

    theirs = stripe.WebhookSignature.generate_signature_header('{"a": 1}', "whsec_x", 1_800_000_000)
    assert ours == theirs


@pytest.mark.django_db
@pytest.mark.parametrize("status", [201, 204, 299])
def test_any_success_is_a_success(shop, status):
    shop.answers.append(status)
    delivery = first_delivery()

    deliveries.deliver(delivery.pk)

    assert [(row.state, row.response_status) for row in Delivery.objects.all()] == [
        ("delivered", status)
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
def test_anything_else_is_tried_again(shop, status):
    shop.answers.append(status)
    delivery = first_delivery()

    deliveries.deliver(delivery.pk)

    failed, retry = Delivery.objects.order_by("attempt")
    assert (failed.state, failed.response_status) == ("failed", status)
    assert (retry.state, retry.attempt, retry.url) == ("pending", 2, failed.url)
    assert [path for path, _, _ in shop.received] == ["/webhooks/stripe/"]
    assert deferred() == [(delivery.pk, 0), (retry.pk, 5)]


@pytest.mark.django_db
def test_nobody_listening_is_tried_again(settings):
    settings.SITE_URL = "http://127.0.0.1:9"
    delivery = first_delivery()

    deliveries.deliver(delivery.pk)

    failed, retry = Delivery.objects.order_by("attempt")
    assert (failed.state, failed.response_status, failed.error) == (
        "failed",
        None,
        "ConnectionError",
    )
    assert retry.state == "pending"


@pytest.mark.django_db
def test_a_delivery_is_given_up_after_five_attempts(shop):
    shop.answers.extend([500] * 9)
    first_delivery()
    waits = []

    for _ in range(9):
        for delivery in Delivery.objects.filter(state="pending"):
            waits.append(round((delivery.next_try_at - timezone.now()).total_seconds()))
            Delivery.objects.filter(pk=delivery.pk).update(next_try_at=timezone.now())
            deliveries.deliver(delivery.pk)

    assert waits == [0, 5, 30, 120, 600]
    assert [row.state for row in Delivery.objects.all()] == ["failed"] * 5
    assert len(shop.received) == 5
    assert [wait for _, wait in deferred()] == waits


@pytest.mark.django_db
def test_each_attempt_is_signed_anew(shop, monkeypatch):
    shop.answers.append(500)
    delivery = first_delivery()
    deliveries.deliver(delivery.pk)
    Delivery.objects.filter(attempt=2).update(next_try_at=timezone.now())
    now = time.time()
    monkeypatch.setattr(deliveries.time, "time", lambda: now + 400)

    deliveries.deliver(Delivery.objects.get(attempt=2).pk)

    (_, first, body), (_, second, again) = shop.received
    assert body == again
    assert first["Stripe-Signature"] != second["Stripe-Signature"]
    stamp = int(second["Stripe-Signature"].split(",")[0].removeprefix("t="))
    assert stamp == int(now + 400)


@pytest.mark.django_db
def test_a_delivery_is_not_sent_before_its_time_nor_after_its_success(shop):
    delivery = first_delivery()
    Delivery.objects.update(next_try_at=timezone.now() + timedelta(seconds=5))
    deliveries.deliver(delivery.pk)
    assert shop.received == []

    Delivery.objects.update(next_try_at=timezone.now())
    for _ in range(3):
        deliveries.deliver(delivery.pk)

    assert len(shop.received) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_a_delivery_once(shop):
    delivery = first_delivery()

    def work(_):
        try:
            deliveries.deliver(delivery.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert len(shop.received) == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_the_shop_thinks(shop):
    delivery = first_delivery()
    seen = []

    def look():
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
                )
                seen.append(cursor.fetchone()[0])
            rows = Delivery.objects.select_for_update(nowait=True)
            with transaction.atomic():
                seen.append(rows.get(pk=delivery.pk).state)
        finally:
            connections["default"].close()
        return 200

    shop.answers.append(look)

    deliveries.deliver(delivery.pk)

    assert seen == [0, "pending"]


@pytest.mark.django_db
def test_what_a_killed_process_was_sending_comes_up_again(shop):
    delivery = first_delivery()
    assert Delivery.claim(delivery.pk)  # and then the process is killed

    jobs.deliver_due()
    assert shop.received == []
    Delivery.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    jobs.deliver_due()

    assert shop.kinds() == ["checkout.session.expired"]


@pytest.mark.django_db
def test_a_held_delivery_waits_for_its_holder(shop):
    delivery = emit_held("checkout.session.completed", THING)

    deliveries.deliver(delivery.pk)
    jobs.deliver_due()
    assert shop.received == []
    deliveries.deliver_held(delivery.pk)
    deliveries.deliver_held(delivery.pk)

    assert shop.kinds() == ["checkout.session.completed"]


@pytest.mark.django_db
def test_a_held_delivery_comes_up_by_itself_if_its_holder_dies(shop):
    emit_held("checkout.session.completed", THING)
    Delivery.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))

    jobs.deliver_due()

    assert shop.kinds() == ["checkout.session.completed"]


@pytest.mark.django_db
def test_all_that_happened_is_delivered_by_the_clock_alone(shop):
    listen_to_everything()
    pay(create_session())
    Delivery.objects.update(next_try_at=timezone.now())

    jobs.deliver_due()

    assert sorted(shop.kinds()) == [
        "charge.succeeded",
        "checkout.session.completed",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]


@pytest.mark.django_db
def test_a_slow_shop_is_waited_for_ten_seconds_at_most(shop, gate, monkeypatch):
    assert sum(deliveries.TIMEOUT) == 10
    monkeypatch.setattr(deliveries, "TIMEOUT", (0.2, 0.3))
    delivery = first_delivery()
    shop.answers.append(lambda: gate.wait(30) and 200)

    deliveries.deliver(delivery.pk)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.response_status) == ("failed", None)
    assert delivery.error == "ReadTimeout"


@pytest.mark.django_db
def test_an_event_rolled_back_is_never_delivered(shop):
    with pytest.raises(RuntimeError):
        emit_and_fail()

    jobs.deliver_due()
    assert (shop.received, Event.objects.count(), deferred()) == ([], 0, [])
