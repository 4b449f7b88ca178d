import base64
from urllib.parse import quote

import pytest
import stripe
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkout.sandbox.models import CheckoutSession
from tests.sandbox.asking import AUTHORIZED, create_session, session_params

SESSIONS = "/sandbox/v1/checkout/sessions"
FORM = "application/x-www-form-urlencoded"


def basic(credentials):
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def get(path=SESSIONS, **headers):
    return Client(enforce_csrf_checks=True).get(path, headers=AUTHORIZED | headers)


def post(body, path=SESSIONS, **headers):
    return Client(enforce_csrf_checks=True).post(
        path, body, content_type=FORM, headers=AUTHORIZED | headers
    )


def assert_envelope(response, status, **error):
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert response["Request-Id"].startswith("req_")
    assert set(response.json()) == {"error"}
    assert response.json()["error"].items() >= error.items()
    assert not response.cookies


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    ["Bearer sk_test_x", "bearer sk_test_1_2", basic("sk_test_x:"), basic("sk_test_x")],
)
def test_any_test_key_is_let_in(header):
    assert get(Authorization=header).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer pk_test_x",
        "Bearer sk_test_",
        "Bearer sk_live_x",
        "Bearer rk_live_x",
        "Bearer sk_test_x y",
        "Digest sk_test_x",
        "Basic ???",
        "Basic /w==",
        basic(":sk_test_x"),
        basic("sk_live_x:"),
    ],
)
def test_other_keys_are_refused(header):
    response = get(Authorization=header)

    assert_envelope(response, 401, type="invalid_request_error")
    assert response["WWW-Authenticate"].startswith("Basic")
    assert "_x" not in response.json()["error"]["message"]


@pytest.mark.django_db(transaction=True)
def test_the_sdk_sees_a_live_key_refused(stripe_client, live_server):
    client = stripe.StripeClient("sk_live_x", base_addresses={"api": f"{live_server.url}/sandbox"})

    with pytest.raises(stripe.AuthenticationError, match="refuses live keys"):
        client.v1.checkout.sessions.create(session_params())

    assert not CheckoutSession.objects.exists()


@pytest.mark.django_db
def test_answers_echo_what_they_were_asked_with():
    headers = {"Stripe-Version": "2025-03-31.basil", "Idempotency-Key": "k 1"}

    response = post("mode=payment", **headers)

    assert_envelope(response, 400, param="success_url", code="parameter_missing")
    assert response["Stripe-Version"] == "2025-03-31.basil"
    assert response["Idempotency-Key"] == "k 1"
    assert response["Original-Request"] == response["Request-Id"]
    assert response["Stripe-Should-Retry"] == "false"
    assert "Idempotent-Replayed" not in response


@pytest.mark.django_db
def test_answers_are_at_the_pinned_version_unless_asked():
    response = get()

    assert response["Stripe-Version"] == stripe.api_version
    assert "Idempotency-Key" not in response
    assert "Stripe-Should-Retry" not in response
    assert response["Cache-Control"] == "no-cache, no-store"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/sandbox/v1"),
        ("GET", "/sandbox/v1/"),
        ("GET", "/sandbox/v1/customers"),
        ("GET", f"{SESSIONS}/"),
        ("GET", f"{SESSIONS}/cs_1/elsewhere"),
        ("GET", f"{SESSIONS}/cs%0A1"),
        ("GET", f"{SESSIONS}/cs_1/expire"),
        ("DELETE", SESSIONS),
        ("OPTIONS", SESSIONS),
        ("POST", "/sandbox/v1/events"),
    ],
)
def test_unknown_addresses_and_methods_are_refused_in_the_envelope(method, path):
    response = Client().generic(method, path, headers=AUTHORIZED)

    assert_envelope(response, 404, type="invalid_request_error")
    assert response.json()["error"]["message"].startswith(f"Unrecognized request URL ({method}: ")


@pytest.mark.django_db
def test_bodies_over_a_megabyte_are_refused():
    assert_envelope(post("a=" + "x" * 1024 * 1024), 413, type="invalid_request_error")
    assert_envelope(post("a=" + "x" * 3 * 1024 * 1024), 413, type="invalid_request_error")
    assert_envelope(post("nonsense=" + "x" * 1024 * 1000), 400, code="parameter_unknown")


@pytest.mark.django_db
def test_parameters_of_get_are_percent_encoded():
    session = create_session()

    response = get(f"{SESSIONS}/{session.pk}?expand%5B0%5D=line_items")

    assert response.json()["line_items"]["object"] == "list"


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["k" * 256, "k\té"])
def test_impossible_idempotency_keys_are_refused(key):
    assert_envelope(post("mode=payment", **{"Idempotency-Key": key}), 400)


HEADERS = st.dictionaries(
    st.sampled_from(
        ["Authorization", "Stripe-Version", "Idempotency-Key", "Content-Type", "Accept"]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=300),
)
NAMES = st.sampled_from(
    ["mode", "line_items[0][quantity]", "line_items[0][price_data][currency]", "metadata[a]",
     "line_items[0][price_data][product_data][name]", "expires_at", "success_url", "expand[]",
     "line_items[0][price_data][unit_amount]", "expand[0]", "customer_email", "line_items"]
)  # fmt: skip
FIELDS = st.lists(st.tuples(NAMES, st.text(max_size=20)), max_size=8)


def joined(fields):
    text = "&".join(f"{name}={value}" for name, value in fields)
    return text.encode("utf-8", "ignore")


@pytest.mark.django_db
@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.binary(max_size=300) | FIELDS.map(joined),
    headers=HEADERS,
    is_authorized=st.booleans(),
    path=st.sampled_from([SESSIONS, f"{SESSIONS}/cs_test_1", f"{SESSIONS}/cs_test_1/expire"]),
)
def test_no_request_makes_the_sandbox_fail(body, headers, is_authorized, path):
    if is_authorized:
        headers |= AUTHORIZED
    content_type = headers.pop("Content-Type", FORM)

    response = Client().post(path, body, content_type=content_type, headers=headers)

    assert_envelope(response, response.status_code)
    assert response.json()["error"]["type"] in ("invalid_request_error", "idempotency_error")
    assert response.status_code in (400, 401, 404)


@pytest.mark.django_db
@settings(deadline=None, max_examples=60)
@given(
    query=st.text(max_size=60) | FIELDS.map(lambda fields: joined(fields).decode()),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=30),
)
def test_no_address_makes_the_sandbox_fail(query, path):
    response = Client().get(f"/sandbox/v1/{quote(path)}", headers=AUTHORIZED, QUERY_STRING=query)

    assert_envelope(response, response.status_code, type="invalid_request_error")
    assert response.status_code in (400, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/cs_1", "/sandbox/v1/events"])
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(
        ["limit", "starting_after", "created[gte]", "created", "status", "expand[]", "types[]"]
    ),
    value=st.text(max_size=20) | st.integers().map(str),
)
def test_no_question_makes_the_sandbox_fail(path, name, value):
    response = Client().get(path, {name: value}, headers=AUTHORIZED)

    assert response.status_code in (200, 400, 404)
    assert response["Content-Type"] == "application/json"
