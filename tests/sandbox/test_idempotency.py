from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import stripe
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from checkout.sandbox import jobs, sessions
from checkout.sandbox.models import CheckoutSession, Event, IdempotentRequest
from tests.sandbox.asking import AUTHORIZED, create_session, session_params

pytestmark = pytest.mark.django_db(transaction=True)


def create(client, key, **changes):
    return client.v1.checkout.sessions.create(session_params(**changes), {"idempotency_key": key})


def test_a_repeated_request_is_done_once(stripe_client):
    first, second = create(stripe_client, "order-1:1"), create(stripe_client, "order-1:1")

    assert first.id == second.id
    assert first.to_dict() == second.to_dict()
    assert CheckoutSession.objects.count() == 1
    headers = second.last_response.headers
    assert headers["Idempotent-Replayed"] == "true"
    assert headers["Original-Request"] == first.last_response.headers["Request-Id"]
    assert headers["Request-Id"] != headers["Original-Request"]
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert first.last_response.headers["Original-Request"] == first.last_response.request_id


def test_another_key_is_another_request(stripe_client):
    assert create(stripe_client, "order-1:1").id != create(stripe_client, "order-1:2").id


def test_a_key_means_its_parameters_and_its_endpoint(stripe_client):
    session = create(stripe_client, "order-1:1")

    with pytest.raises(stripe.IdempotencyError) as caught:
        create(stripe_client, "order-1:1", client_reference_id="order-2")
    assert caught.value.http_status == 400
    assert "same parameters" in caught.value.user_message
    with pytest.raises(stripe.IdempotencyError) as caught:
        stripe_client.v1.checkout.sessions.expire(session.id, {}, {"idempotency_key": "order-1:1"})
    assert "same endpoint" in caught.value.user_message
    assert CheckoutSession.objects.get().status == "open"


def test_what_was_wrong_with_the_parameters_is_not_kept(stripe_client):
    with pytest.raises(stripe.InvalidRequestError):
        create(stripe_client, "order-1:1", expires_at=5)

    assert create(stripe_client, "order-1:1").status == "open"


def test_what_an_endpoint_refused_is_kept(stripe_client):
    session = create_session()
    sessions.expire(session.pk, cause=sessions.NOBODY)
    answers = []

    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            stripe_client.v1.checkout.sessions.expire(session.pk, {}, {"idempotency_key": "k"})
        answers.append(caught.value)

    assert [answer.http_status for answer in answers] == [400, 400]
    assert answers[0].http_body == answers[1].http_body
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true"]


def test_a_failure_of_the_sandbox_is_kept_and_undone(stripe_client, monkeypatch):
    monkeypatch.setattr("checkout.sandbox.api.sessions.session_object", lambda session: 1 / 0)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            create(stripe_client, "order-1:1")
        assert caught.value.http_status == 500
        assert caught.value.error.type == "api_error"
    monkeypatch.undo()

    with pytest.raises(stripe.APIError) as caught:
        create(stripe_client, "order-1:1")

    assert caught.value.headers["Idempotent-Replayed"] == "true"
    assert not CheckoutSession.objects.exists()


def test_a_key_is_forgotten_after_a_day(stripe_client):
    first = create(stripe_client, "order-1:1")
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=24))

    second = create(stripe_client, "order-1:1", client_reference_id="order-2")

    assert first.id != second.id
    assert create(stripe_client, "order-1:1", client_reference_id="order-2").id == second.id


def test_old_keys_are_cleaned_away(stripe_client):
    for key in ("old", "new"):
        create(stripe_client, key)
    old = IdempotentRequest.objects.filter(key="old")
    old.update(created_at=timezone.now() - timedelta(hours=25))

    jobs.forget_old_keys()

    assert [kept.key for kept in IdempotentRequest.objects.all()] == ["new"]


def test_get_requests_know_no_keys(stripe_client):
    session = create_session()

    answer = stripe_client.v1.checkout.sessions.retrieve(session.pk, {}, {"idempotency_key": "k"})

    assert "Idempotency-Key" not in answer.last_response.headers
    assert not IdempotentRequest.objects.exists()


def expire_twice_at_once(session):
    """Send an expiry while the first one with the same key waits for the session's lock."""

    def expire(_):
        try:
            return Client().post(
                f"/sandbox/v1/checkout/sessions/{session.pk}/expire",
                "",
                content_type="application/x-www-form-urlencoded",
                headers=AUTHORIZED | {"Idempotency-Key": "expire-1"},
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            sessions.lock(session.pk)
            first = pool.submit(expire, 1)
            wait_until_someone_waits_for_a_lock()
            second = pool.submit(expire, 2)
            try:
                early = second.result(timeout=1)
            except TimeoutError:
                early = None
        return first.result(timeout=10), early or second.result(timeout=10)


def wait_until_someone_waits_for_a_lock():
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01), pg_stat_clear_snapshot()")
    raise AssertionError("Nobody waits for a lock.")


def test_a_key_is_in_use_while_its_first_request_runs(shop):
    first, second = expire_twice_at_once(create_session())

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["error"]["code"] == "idempotency_key_in_use"
    assert second.json()["error"]["type"] == "invalid_request_error"
    assert second["Stripe-Should-Retry"] == "true"
    assert Event.objects.count() == 1


def test_without_the_lock_the_second_request_would_run_too(shop, monkeypatch):
    """The control: the same two requests, when nobody looks whether the key is in use."""
    monkeypatch.setattr(IdempotentRequest, "try_lock", staticmethod(lambda key: True))

    first, second = expire_twice_at_once(create_session())

    assert (first.status_code, second.status_code) == (200, 400)


def test_the_sdk_waits_for_the_first_request_and_gets_its_answer(stripe_client, live_server):
    patient = stripe.StripeClient(
        "sk_test_x",
        base_addresses={"api": f"{live_server.url}/sandbox"},
        max_network_retries=2,
    )
    session = create_session()

    def expire(_):
        return patient.v1.checkout.sessions.expire(session.pk, {}, {"idempotency_key": "e"})

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            sessions.lock(session.pk)
            first = pool.submit(expire, 1)
            wait_until_someone_waits_for_a_lock()
            second = pool.submit(expire, 2)
        answers = [first.result(timeout=20), second.result(timeout=20)]

    assert [answer.status for answer in answers] == ["expired", "expired"]
    assert answers[0].to_dict() == answers[1].to_dict()
    assert Event.objects.count() == 1
