import time
from urllib.parse import urlencode

import pytest
from django.test import Client
from stripe._encode import _api_encode

from checkout.sandbox.models import CheckoutSession
from tests.sandbox.asking import AUTHORIZED, create_session, line, session_params

pytestmark = pytest.mark.django_db


def without(name):
    return {key: value for key, value in session_params().items() if key != name}


def product(**data):
    params = line()
    params["price_data"]["product_data"] |= data
    return session_params(line_items=[params])


def price(**data):
    params = line()
    params["price_data"] |= data
    return session_params(line_items=[params])


REFUSED = {
    "no mode": (without("mode"), "parameter_missing", "mode"),
    "setup mode": (session_params(mode="setup"), "sandbox_not_imitated", "mode=setup"),
    "unknown mode": (session_params(mode="gift"), None, "mode"),
    "no lines": (without("line_items"), "parameter_missing", "line_items"),
    "101 lines": (session_params(line_items=[line()] * 101), None, "line_items"),
    "no success_url": (without("success_url"), "parameter_missing", "success_url"),
    "relative success_url": (session_params(success_url="/x"), "url_invalid", "success_url"),
    "script as success_url": (
        session_params(success_url="javascript:alert(1)"), "url_invalid", "success_url",
    ),
    "policy in success_url": (
        session_params(success_url="http://a;script-src"), "url_invalid", "success_url",
    ),
    "newline in cancel_url": (
        session_params(cancel_url="http://a/\nb"), "url_invalid", "cancel_url",
    ),
    "method types": (
        session_params(payment_method_types=["card"]), "parameter_unknown", "payment_method_types",
    ),
    "none of the currency's allowed": (
        session_params(allowed_payment_method_types=["sepa_debit"]),
        None, "allowed_payment_method_types",
    ),
    "nothing left": (
        session_params(excluded_payment_method_types=["card", "us_bank_account"]),
        None, "allowed_payment_method_types",
    ),
    "discount": (
        session_params(discounts=[{"coupon": "x"}]), "sandbox_not_imitated", "discounts",
    ),
    "automatic tax": (
        session_params(automatic_tax={"enabled": True}), "sandbox_not_imitated", "automatic_tax",
    ),
    "customer": (session_params(customer="cus_1"), "resource_missing", "customer"),
    "price by id": (
        session_params(line_items=[{"price": "price_1", "quantity": 1}]),
        "resource_missing", "line_items[0][price]",
    ),
    "no quantity": (
        session_params(line_items=[{"price_data": line()["price_data"]}]),
        "parameter_missing", "line_items[0][quantity]",
    ),
    "no units": (session_params(line_items=[line(quantity=0)]), None, "line_items[0][quantity]"),
    "negative amount": (
        price(unit_amount=-1), "parameter_invalid_integer",
        "line_items[0][price_data][unit_amount]",
    ),
    "fraction": (
        price(unit_amount="1.5"), "parameter_invalid_integer",
        "line_items[0][price_data][unit_amount]",
    ),
    "unknown currency": (price(currency="xyz"), None, "line_items[0][price_data][currency]"),
    "hundredths of a krona": (
        price(currency="isk", unit_amount=12345), None, "line_items[0][price_data][unit_amount]",
    ),
    "two currencies": (
        session_params(line_items=[line(), line(currency="eur")]), None, "line_items",
    ),
    "too little": (price(unit_amount=49), "amount_too_small", None),
    "too little in yen": (price(currency="jpy", unit_amount=49), "amount_too_small", None),
    "too much": (price(unit_amount=100_000_000), "amount_too_large", None),
    "empty name": (
        product(name=""), "parameter_invalid_empty",
        "line_items[0][price_data][product_data][name]",
    ),
    "nine images": (
        product(images=["https://example.com/i.png"] * 9), None,
        "line_items[0][price_data][product_data][images]",
    ),
    "long unit label": (
        product(unit_label="x" * 13), None, "line_items[0][price_data][product_data][unit_label]",
    ),
    "long reference": (
        session_params(client_reference_id="x" * 201), None, "client_reference_id",
    ),
    "no e-mail address": (
        session_params(customer_email="ada"), "email_invalid", "customer_email",
    ),
    "address without a dot": (
        session_params(customer_email="ada@localhost"), "email_invalid", "customer_email",
    ),
    "address at a number": (
        session_params(customer_email="ada@[127.0.0.1]"), "email_invalid", "customer_email",
    ),
    "address in other letters": (
        session_params(customer_email="ada@exämple.com"), "email_invalid", "customer_email",
    ),
    "51 keys": (
        session_params(metadata={str(key): "x" for key in range(51)}), None, "metadata",
    ),
    "long key": (session_params(metadata={"k" * 41: "x"}), None, "metadata"),
    "long value": (session_params(metadata={"k": "x" * 501}), None, "metadata[k]"),
    "long value on the payment": (
        session_params(payment_intent_data={"metadata": {"k": "x" * 501}}), None,
        "payment_intent_data[metadata][k]",
    ),
    "statement descriptor": (
        session_params(payment_intent_data={"statement_descriptor": "Lectern"}),
        "sandbox_not_imitated", "payment_intent_data[statement_descriptor]",
    ),
    "embedded page": (
        session_params(ui_mode="embedded_page"), "sandbox_not_imitated", "ui_mode=embedded_page",
    ),
    "old name of the hosted page": (session_params(ui_mode="hosted"), None, "ui_mode"),
}  # fmt: skip


def post(params):
    """Send the parameters as the SDK writes them, without its connection."""
    return Client().post(
        "/sandbox/v1/checkout/sessions",
        urlencode(list(_api_encode(params))),
        content_type="application/x-www-form-urlencoded",
        headers=AUTHORIZED,
    )


@pytest.mark.parametrize(("params", "code", "param"), REFUSED.values(), ids=REFUSED.keys())
def test_create_refuses_what_stripe_would(params, code, param):
    answer = post(params)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error.get("code"), error.get("param")) == (code, param)
    assert error["message"]
    assert error["type"] == "invalid_request_error"
    assert not CheckoutSession.objects.exists()


@pytest.mark.parametrize(
    "email", ["ada+1@example.co.uk", "a'b@example.com", "ada@xn--exmple-cua.com", "a@b.xn--p1ai"]
)
def test_create_takes_unusual_addresses(email):
    session = create_session(customer_email=email)

    assert session.parameters["customer_email"] == email


@pytest.mark.parametrize(
    ("lifetime", "status"),
    [(1795, 400), (1805, 200), (86395, 200), (86410, 400)],
)
def test_create_lets_sessions_live_from_half_an_hour_to_a_day(lifetime, status):
    answer = post(session_params(expires_at=int(time.time()) + lifetime))

    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"]["param"] == "expires_at"
        assert "`expires_at` timestamp must be " in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("usd", 0), ("usd", 50), ("jpy", 50), ("isk", 12300), ("idr", 999_999_999_999),
        ("USD", 100), ("mga", 1),
    ],
)  # fmt: skip
def test_create_takes_amounts_that_can_be_paid(currency, amount):
    session = create_session(line_items=[line(amount=amount, currency=currency)])

    assert (session.amount_total, session.currency) == (amount, currency.lower())


def test_create_takes_what_is_switched_off():
    session = create_session(
        allow_promotion_codes=False,
        automatic_tax={"enabled": False},
        customer_creation="if_required",
        invoice_creation={"enabled": False},
        ui_mode="hosted_page",
        line_items=[line()] * 100,
    )

    assert session.amount_total == 490_000


CARD_AND_SEPA, CARD_AND_ACH = ["card", "sepa_debit"], ["card", "us_bank_account"]


@pytest.mark.parametrize(
    ("currency", "asked", "offered"),
    [
        ("eur", {}, CARD_AND_SEPA),
        ("EUR", {}, CARD_AND_SEPA),
        ("usd", {}, CARD_AND_ACH),
        ("gbp", {}, ["card"]),
        ("usd", {"allowed_payment_method_types": ["card"]}, ["card"]),
        ("usd", {"allowed_payment_method_types": ["us_bank_account", "klarna"]}, CARD_AND_ACH[1:]),
        ("eur", {"allowed_payment_method_types": ["sepa_debit", "card"]}, CARD_AND_SEPA),
        ("eur", {"excluded_payment_method_types": ["sepa_debit"]}, ["card"]),
        ("eur", {"excluded_payment_method_types": ["us_bank_account"]}, CARD_AND_SEPA),
        ("usd", {"excluded_payment_method_types": ["card"]}, CARD_AND_ACH[1:]),
    ],
)
def test_create_offers_cards_and_the_debit_of_the_currency(currency, asked, offered):
    answer = post(session_params(line_items=[line(currency=currency)], **asked)).json()

    assert answer["payment_method_types"] == offered
    assert list(answer["payment_method_options"]) == offered
    assert {name: answer[name] for name in asked} == asked
