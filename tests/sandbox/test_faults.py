"""Each fault of a call, as the official SDK meets it over HTTP."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe
from django.db import connection

from checkout.sandbox import faults
from checkout.sandbox.models import (
    ApiFault,
    Charge,
    CheckoutSession,
    Fault,
    IdempotentRequest,
    PaymentFault,
    SaleFault,
)
from tests.sandbox.asking import (
    API_KEY,
    DECLINED_CARD,
    create_session,
    line,
    pay,
    session_params,
)

pytestmark = pytest.mark.django_db(transaction=True)

CREATE = "checkout.sessions.create"


def create(client, key="order-1:1"):
    return client.v1.checkout.sessions.create(session_params(), {"idempotency_key": key})


def refused(client, error_class, key="order-1:1"):
    with pytest.raises(error_class) as caught:
        create(client, key)
    assert type(caught.value) is error_class
    return caught.value


@pytest.fixture
def patient_client(stripe_client, live_server):
    """The SDK as the shop has it: it repeats what may be repeated, once."""
    http_client = stripe.RequestsClient(timeout=20)
    yield stripe.StripeClient(
        API_KEY,
        base_addresses={"api": f"{live_server.url}/sandbox"},
        http_client=http_client,
        max_network_retries=1,
    )
    http_client.close()


def test_a_timeout_before_is_no_answer_and_no_effect(stripe_client):
    faults.switch_on(CREATE, Fault.TIMEOUT_BEFORE, times=1, seconds=0.2)
    began = time.monotonic()

    error = refused(stripe_client, stripe.APIConnectionError)

    assert error.should_retry
    assert time.monotonic() - began >= 0.2
    assert not CheckoutSession.objects.exists()
    assert not IdempotentRequest.objects.exists()
    assert create(stripe_client).status == "open"


def test_a_timeout_after_is_no_answer_and_its_effect_is_kept(stripe_client):
    faults.switch_on(CREATE, Fault.TIMEOUT_AFTER, times=1)

    error = refused(stripe_client, stripe.APIConnectionError)

    assert error.should_retry
    made = CheckoutSession.objects.get()
    again = create(stripe_client)
    assert again.id == made.pk
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert CheckoutSession.objects.count() == 1


def test_the_sdk_itself_repeats_what_had_no_answer(patient_client):
    faults.switch_on(CREATE, Fault.TIMEOUT_AFTER, times=1)

    session = create(patient_client)

    assert session.id == CheckoutSession.objects.get().pk
    assert session.last_response.headers["Idempotent-Replayed"] == "true"


def test_a_client_that_waits_less_than_the_hold_times_out(live_server):
    http_client = stripe.RequestsClient(timeout=0.3)
    client = stripe.StripeClient(
        API_KEY, base_addresses={"api": f"{live_server.url}/sandbox"}, http_client=http_client
    )
    faults.switch_on(CREATE, Fault.TIMEOUT_AFTER, times=1, seconds=1)

    error = refused(client, stripe.APIConnectionError)

    assert "Read timed out" in str(error)
    assert CheckoutSession.objects.count() == 1
    http_client.close()
    time.sleep(1)  # until the server's thread is done with the database


@pytest.mark.parametrize(
    ("fault", "made"), [(Fault.ERROR_500_BEFORE, 0), (Fault.ERROR_500_AFTER, 1)]
)
def test_a_500_is_kept_and_told_again(patient_client, fault, made):
    faults.switch_on(CREATE, fault, times=1)

    first = refused(patient_client, stripe.APIError)
    second = refused(patient_client, stripe.APIError)

    assert [first.http_status, second.http_status] == [500, 500]
    assert first.error.type == "api_error"
    assert first.http_body == second.http_body
    assert first.headers["Stripe-Should-Retry"] == "false"
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert CheckoutSession.objects.count() == made
    assert create(patient_client, "order-1:2").status == "open"


@pytest.mark.parametrize(
    ("fault", "made"), [(Fault.ERROR_500_BEFORE, "open"), (Fault.ERROR_500_AFTER, "expired")]
)
def test_a_500_without_a_key_is_not_kept(stripe_client, fault, made):
    session = create_session()
    faults.switch_on("checkout.sessions.expire", fault, times=1)

    with pytest.raises(stripe.APIError):
        stripe_client.v1.checkout.sessions.expire(session.pk)

    assert stripe_client.v1.checkout.sessions.retrieve(session.pk).status == made


def test_what_the_endpoint_refuses_is_not_made_a_500(stripe_client):
    faults.switch_on(CREATE, Fault.ERROR_500_AFTER, times=1)

    with pytest.raises(stripe.InvalidRequestError):
        stripe_client.v1.checkout.sessions.create(session_params(expires_at=5))


@pytest.mark.parametrize(
    ("fault", "status", "error_class", "advice"),
    [
        (Fault.TOO_MANY_REQUESTS, 429, stripe.RateLimitError, None),
        (Fault.KEY_IN_USE, 409, stripe.APIError, "true"),
        (Fault.BAD_KEY, 401, stripe.AuthenticationError, None),
        (Fault.FORBIDDEN, 403, stripe.PermissionError, None),
        (Fault.SERVER_BUSY, 503, stripe.APIError, "true"),
    ],
)
def test_a_refusal_does_nothing_and_is_not_kept(stripe_client, fault, status, error_class, advice):
    faults.switch_on(CREATE, fault, times=1)

    error = refused(stripe_client, error_class)

    assert error.http_status == status
    assert error.headers.get("Stripe-Should-Retry") == advice
    assert not CheckoutSession.objects.exists()
    assert not IdempotentRequest.objects.exists()
    assert create(stripe_client).status == "open"


def test_refusals_carry_stripes_codes(stripe_client):
    faults.switch_on(CREATE, Fault.KEY_IN_USE, times=1)
    faults.switch_on(CREATE, Fault.TOO_MANY_REQUESTS, times=1)

    assert refused(stripe_client, stripe.APIError).error.code == "idempotency_key_in_use"
    limited = refused(stripe_client, stripe.RateLimitError)
    assert limited.headers["Stripe-Rate-Limited-Reason"] == "global-rate"


def test_half_an_answer_is_no_answer_although_it_was_done(stripe_client):
    faults.switch_on(CREATE, Fault.BROKEN_JSON, times=1)

    error = refused(stripe_client, stripe.APIError)

    assert error.http_status == 200
    assert "Invalid response body" in str(error)
    assert create(stripe_client).id == CheckoutSession.objects.get().pk


def test_a_slow_answer_comes(stripe_client):
    faults.switch_on(CREATE, Fault.SLOW, times=1, seconds=0.3)
    began = time.monotonic()

    assert create(stripe_client).status == "open"
    assert time.monotonic() - began >= 0.3


def test_a_fault_happens_so_many_times_to_its_call_only(stripe_client):
    faults.switch_on("checkout.sessions.retrieve", Fault.SERVER_BUSY, times=2)
    session = create(stripe_client)

    for _ in range(2):
        with pytest.raises(stripe.APIError):
            stripe_client.v1.checkout.sessions.retrieve(session.id)

    assert stripe_client.v1.checkout.sessions.retrieve(session.id).id == session.id
    assert not ApiFault.objects.exists()


def test_a_fault_of_any_call_lasts_until_it_is_switched_off(stripe_client):
    faults.switch_on("*", Fault.BAD_KEY)

    for _ in range(3):
        refused(stripe_client, stripe.AuthenticationError)
    with pytest.raises(stripe.AuthenticationError):
        stripe_client.v1.events.list()
    faults.switch_off()

    assert create(stripe_client).status == "open"


def test_the_last_time_is_had_by_one_of_two_calls():
    faults.switch_on(CREATE, Fault.SLOW, times=1)

    def take(_):
        try:
            return faults.take(CREATE) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, range(4)))

    assert sorted(taken) == [False, False, False, True]


def test_a_call_without_faults_costs_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert faults.take(CREATE) is None


def test_calls_have_the_names_of_the_sdk():
    known = faults.known_calls()

    assert {
        CREATE,
        "checkout.sessions.expire",
        "checkout.sessions.line_items.list",
        "checkout.sessions.list",
        "checkout.sessions.retrieve",
        "checkout.sessions.update",
        "charges.retrieve",
        "events.list",
        "events.retrieve",
        "payment_intents.retrieve",
        "webhook_endpoints.create",
        "webhook_endpoints.delete",
    } <= set(known)
    client = stripe.StripeClient(API_KEY)
    for name in known:
        service = client.v1
        for part in name.split("."):
            service = getattr(service, part)
        assert callable(service)


def taken_for(session):
    """Return what the session, its intent and its charge say was paid."""
    session.refresh_from_db()
    intent, charge = session.payment_intent, Charge.objects.get(status="succeeded")
    return {(thing.amount, thing.currency) for thing in (intent, charge)} | {
        (session.amount_total, session.currency)
    }


@pytest.mark.parametrize(
    ("fault", "details", "taken"),
    [
        (SaleFault.ANOTHER_AMOUNT, {}, (4901, "usd")),
        (SaleFault.ANOTHER_AMOUNT, {"amount": 100}, (100, "usd")),
        (SaleFault.ANOTHER_CURRENCY, {}, (4900, "eur")),
        (SaleFault.ANOTHER_CURRENCY, {"currency": "gbp"}, (4900, "gbp")),
    ],
)
def test_the_next_payment_that_goes_through_takes_something_else(
    stripe_client, fault, details, taken
):
    first, second = create_session(), create_session()
    faults.switch_on_payment(fault, **details)

    pay(first, number=DECLINED_CARD)
    pay(first)

    assert taken_for(first) == {taken}
    assert not PaymentFault.objects.exists()
    told = stripe_client.v1.checkout.sessions.retrieve(first.pk)
    assert (told.amount_total, told.currency) == taken
    Charge.objects.all().update(status="failed")
    pay(second)
    assert taken_for(second) == {(4900, "usd")}


def test_a_free_order_has_no_payment_to_be_wrong():
    session = create_session(line_items=[line(amount=0)])
    faults.switch_on_payment(SaleFault.ANOTHER_AMOUNT)

    pay(session)

    session.refresh_from_db()
    assert (session.amount_total, session.payment_status) == (0, "no_payment_required")
    assert PaymentFault.objects.get().times_left == 1
