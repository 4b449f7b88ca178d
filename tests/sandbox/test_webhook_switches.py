"""What is made to go wrong with webhooks, as it arrives where the shop listens."""

import json
import time
from datetime import timedelta

import pytest
import stripe
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from checkout.sandbox import deliveries, jobs, webhooks
from checkout.sandbox.deliveries import deliver, deliver_held
from checkout.sandbox.events import emit, emit_held
from checkout.sandbox.models import (
    CheckoutSession,
    Delivery,
    Event,
    Signature,
    Switches,
    WebhookEndpoint,
)
from checkout.sandbox.webhooks import Order
from tests.sandbox.asking import create_session, pay

SECRET = "whsec_the_shops"
KIND = "checkout.session.expired"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]


def thing(number=1):
    return {"id": f"cs_test_{number}", "object": "checkout.session"}


def tell(count=1):
    """Let something happen, and the worker do what it is asked for."""
    events = [emit(KIND, thing(number)) for number in range(1, count + 1)]
    work()
    return events


def work():
    for job in ProcrastinateJob.objects.filter(status="todo", scheduled_at=None).order_by("id"):
        deliver(**job.args)


def numbers(shop):
    return [event.data.object.id.removeprefix("cs_test_") for event in shop.events()]


def verify(shop, *, secret=SECRET, place=-1):
    _, headers, body = shop.received[place]
    return stripe.Webhook.construct_event(body, headers.get("Stripe-Signature"), secret)


def states():
    return [delivery.state for delivery in Delivery.objects.all()]


def test_nothing_is_wrong_unless_it_is_switched_on(shop):
    [event] = tell()

    told = verify(shop)
    assert (told.id, told.livemode, told.api_version) == (event.pk, False, stripe.api_version)
    assert "account" not in told
    assert states() == ["delivered"]


@pytest.mark.parametrize(
    ("order", "expected"), [(Order.WRITTEN, ["1", "2", "3"]), (Order.REVERSED, ["3", "2", "1"])]
)
def test_what_is_held_is_released_in_order(shop, order, expected):
    webhooks.switch(is_holding=True)
    tell(3)
    jobs.deliver_due()
    assert (shop.received, states()) == ([], ["held"] * 3)

    assert webhooks.release(order) == 3

    assert numbers(shop) == expected
    assert states() == ["delivered"] * 3
    assert webhooks.release(order) == 0


def test_what_is_held_is_released_at_random(shop, monkeypatch):
    monkeypatch.setattr(webhooks.random, "shuffle", lambda held: held.insert(0, held.pop(1)))
    webhooks.switch(is_holding=True)
    tell(3)

    webhooks.release(Order.RANDOM)

    assert numbers(shop) == ["2", "1", "3"]


def test_more_than_a_batch_is_left_to_the_worker(shop, monkeypatch):
    monkeypatch.setattr(webhooks, "BATCH", 1)
    webhooks.switch(is_holding=True)
    tell(2)

    assert webhooks.release() == 2

    assert numbers(shop) == ["1"]
    work()
    assert numbers(shop) == ["1", "2"]


@pytest.mark.parametrize("switched", [{"is_holding": True}, {"is_dropping": True}, {"delay": 20}])
def test_a_buyer_does_not_wait_for_what_does_not_come(shop, switched):
    webhooks.switch(**switched)

    assert pay(create_session()).delivery is None

    work()
    assert shop.received == []
    assert Event.objects.filter(type="checkout.session.completed").count() == 1


def test_what_is_dropped_is_lost_but_listed(shop):
    webhooks.switch(is_dropping=True)
    tell()
    webhooks.switch(is_dropping=False)

    jobs.deliver_due()

    assert (shop.received, states()) == ([], [])
    assert Event.objects.count() == 1


def test_a_delay_is_waited_for(shop):
    webhooks.switch(delay=20)
    tell()

    [job] = ProcrastinateJob.objects.all()
    assert round((job.scheduled_at - timezone.now()).total_seconds()) == 20
    jobs.deliver_due()
    assert shop.received == []
    Delivery.objects.update(next_try_at=timezone.now())
    jobs.deliver_due()
    assert numbers(shop) == ["1"]


def test_copies_are_the_same_event_and_are_sent_by_several_workers(shop):
    webhooks.switch(copies=3)

    [event] = tell()

    assert [told.id for told in shop.events()] == [event.pk] * 3
    assert [delivery.series for delivery in Delivery.objects.all()] == [1, 2, 3]
    assert ProcrastinateJob.objects.count() == 3


def test_a_buyer_waits_for_one_of_the_copies(shop):
    webhooks.switch(copies=2)

    result = pay(create_session())

    deliver_held(result.delivery.pk)
    assert len(shop.received) == 1
    work()
    assert len(shop.received) == 2


def test_each_copy_is_tried_again_by_itself(shop):
    shop.answers.extend([500, 200])
    webhooks.switch(copies=2)

    tell()

    rows = Delivery.objects.values_list("series", "attempt", "state")
    assert sorted(rows) == [(1, 1, "failed"), (1, 2, "pending"), (2, 1, "delivered")]


def test_one_change_can_make_two_events(shop):
    webhooks.switch(is_telling_twice=True)

    tell()

    first, second = shop.events()
    assert first.id != second.id
    assert (first.type, first.data.object.id) == (second.type, second.data.object.id)


@pytest.mark.parametrize("signature", [Signature.CORRUPT, Signature.MISSING])
def test_a_signature_can_be_wrong_or_missing(shop, signature):
    webhooks.switch(signature=signature)

    tell()

    with pytest.raises(stripe.SignatureVerificationError):
        verify(shop)
    assert ("Stripe-Signature" in shop.received[0][1]) is (signature == Signature.CORRUPT)


def test_an_old_timestamp_is_signed_but_too_old(shop):
    webhooks.switch(timestamp_shift=-600)

    tell()

    with pytest.raises(stripe.SignatureVerificationError, match="Timestamp outside"):
        verify(shop)


@pytest.mark.parametrize("switched", [{"timestamp_shift": 600}, {"clock_shift": 600}])
def test_a_timestamp_to_come_is_accepted(shop, switched):
    webhooks.switch(**switched)

    tell()

    verify(shop)
    stamp = int(shop.received[0][1]["Stripe-Signature"].split(",")[0].removeprefix("t="))
    assert 590 < stamp - time.time() < 610


def test_an_event_can_be_of_another_mode_account_and_version(shop):
    webhooks.switch(is_livemode_wrong=True, account="acct_1", api_version="2020-08-27")

    tell()

    told = verify(shop)
    assert (told.livemode, told.account, told.api_version) == (True, "acct_1", "2020-08-27")


def test_a_disabled_endpoint_is_not_told_nor_told_again(shop):
    shop.answers.append(500)
    tell()
    webhooks.disable()
    Delivery.objects.filter(attempt=2).update(next_try_at=timezone.now())

    tell()
    jobs.deliver_due()

    assert len(shop.received) == 1
    assert states() == ["failed", "pending"]
    webhooks.enable()
    jobs.deliver_due()
    assert len(shop.received) == 2
    assert states() == ["failed", "delivered"]


def test_a_secret_is_rolled_with_two_signatures_for_a_while(shop, settings):
    secret = webhooks.roll_secret(active_for=60)
    tell()
    WebhookEndpoint.objects.update(old_secrets_until=timezone.now() - timedelta(seconds=1))
    tell()

    assert verify(shop, place=0).type == verify(shop, secret=secret, place=0).type == KIND
    assert verify(shop, secret=secret, place=1).type == KIND
    with pytest.raises(stripe.SignatureVerificationError):
        verify(shop, place=1)
    webhooks.restore_secret()
    tell()
    assert verify(shop).type == KIND
    assert shop.received[-1][1]["Stripe-Signature"].count("v1=") == 1


def test_a_foreign_session_and_an_unknown_type_are_told(shop):
    foreign, unknown = webhooks.tell_of_unknown_session(), webhooks.tell_of_unknown_type()

    work()

    assert [event.id for event in shop.events()] == [foreign.pk, unknown.pk]
    assert shop.kinds() == ["checkout.session.completed", "thing_to_come.created"]
    assert not CheckoutSession.objects.exists()


def test_the_unknown_is_held_like_everything_else(shop):
    webhooks.switch(is_holding=True)

    webhooks.tell_of_unknown_type()
    work()

    assert (shop.received, states()) == ([], ["held"])


def test_an_event_sent_again_leaves_the_log_as_it_was(shop):
    shop.answers.append(200)
    [event] = tell()
    Event.objects.update(created_at=timezone.now() - timedelta(days=800))
    before = Delivery.objects.values().get()

    [again] = webhooks.resend(event.pk)

    assert Delivery.objects.values().get(pk=before["id"]) == before
    assert (again.series, again.attempt, again.state) == (2, 1, "delivered")
    assert [told.id for told in shop.events()] == [event.pk] * 2


def test_what_was_lost_can_be_sent(shop):
    webhooks.switch(is_dropping=True)
    [event] = tell()

    webhooks.resend(event.pk)

    assert [told.id for told in shop.events()] == [event.pk]
    with pytest.raises(Event.DoesNotExist):
        webhooks.resend("evt_of_nobody")


def test_the_log_keeps_what_was_answered_and_how_long_it_took(shop):
    shop.answers.append(400)
    shop.body = "The signature does not match."

    tell()

    failed = Delivery.objects.get(attempt=1)
    assert (failed.response_status, failed.response) == (400, "The signature does not match.")
    assert 0 < failed.duration < 5
    assert failed.error == ""


def test_the_log_keeps_the_beginning_of_a_long_answer(shop):
    shop.body = "a\0" * 5000

    tell()

    assert Delivery.objects.get().response == "a" * (deliveries.KEPT_RESPONSE // 2)


def test_everything_can_be_switched_off(shop):
    webhooks.switch(copies=3, is_livemode_wrong=True, clock_shift=5)
    webhooks.disable()
    webhooks.roll_secret()

    webhooks.switch_off()

    assert not Switches.objects.exists()
    tell()
    assert len(shop.received) == 1
    assert verify(shop).livemode is False


def test_an_event_costs_as_many_queries_whatever_is_there(shop, django_assert_num_queries):
    WebhookEndpoint.objects.shops()
    for _ in range(2):
        with django_assert_num_queries(5):
            emit_held(KIND, thing())  # switches, event, endpoints, delivery and its lease


def test_bodies_are_the_same_at_each_attempt(shop):
    webhooks.switch(copies=2)

    tell()

    (_, _, first), (_, _, second) = shop.received
    assert json.loads(first)["id"] == json.loads(second)["id"]
