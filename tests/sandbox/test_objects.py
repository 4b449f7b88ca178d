import json
import typing

import pytest
import stripe
import stripe.checkout
import stripe.radar

from checkout.sandbox import debits, disputes, refunds
from checkout.sandbox.cards import CARDS
from checkout.sandbox.expansion import resolve
from checkout.sandbox.models import (
    BalanceTransaction,
    Charge,
    CheckoutSession,
    Dispute,
    EarlyFraudWarning,
    Event,
    PaymentIntent,
    Refund,
    WebhookEndpoint,
)
from checkout.sandbox.objects import (
    balance_object,
    charge_object,
    dispute_object,
    event_object,
    intent_object,
    refund_object,
    session_object,
    warning_object,
)
from checkout.sandbox.objects.endpoint import endpoint_object
from tests.sandbox import sdk_types
from tests.sandbox.asking import (
    CHALLENGED_CARD,
    DECLINED_CARD,
    REFUSED_IBAN,
    US_ACCOUNT,
    create_euro_session,
    create_session,
    debit,
    paid_charge,
    pay,
)

# What Stripe leaves out of its answers unless it is used or asked for.
ABSENT = {
    "checkout.session": {
        "allowed_payment_method_types",
        "excluded_payment_method_types",
        "line_items",
        "name_collection",
        "optional_items",
        "presentment_details",
        "redirect_on_completion",
        "return_url",
        "tax_id_collection",
    },
    "payment_intent": {
        "allowed_payment_method_types",
        "excluded_payment_method_types",
        "hooks",
        "managed_payments",
        "payment_details",
        "payment_record",
        "presentment_details",
    },
    "charge": {"authorization_code", "level3", "presentment_details", "refunds", "transfer"},
    "event": {"account", "context"},
    "refund": {
        "description",
        "failure_balance_transaction",
        "failure_reason",
        "instructions_email",
        "next_action",
        "pending_reason",
        "presentment_details",
    },
    "dispute": set(),
    "radar.early_fraud_warning": set(),
    "balance_transaction": set(),
    "webhook_endpoint": {"deleted", "secret"},
    "item": {"discounts", "taxes"},
    "price": {"currency_options", "deleted", "tiers"},
    "product": {"deleted", "tax_details"},
}


WHOLE_REFUND = ["charge", "payment_intent", "payment_method", "balance_transaction"]


def give_money_back():
    """Have a refund in each state, a dispute that was won and one just begun, and a warning."""
    for card in CARDS:
        if card.aftermath:
            paid_charge(number=card.number)
    for change in (refunds.fail, refunds.cancel, refunds.require_action, refunds.succeed, None):
        refund = refunds.create_in_dashboard(paid_charge(number="4000000000007726").pk)
        if change:
            change(refund.pk)
    disputes.win(disputes.open_dispute(paid_charge().pk).pk)


@pytest.fixture
def whole():
    """One of each object, fully expanded, from payments that worked and that did not."""
    for number in (DECLINED_CARD, CHALLENGED_CARD):
        pay(create_session(customer_email="ada@example.com"), number=number)
    pay(create_session())
    create_session()
    for number in (US_ACCOUNT, "000222222227", "000000000009"):
        debit(create_session(), number=number)
    for number in (REFUSED_IBAN, "AT611904300234573201", "AT321904300235473204"):
        debit(create_euro_session(), number=number)
    for charge in Charge.objects.filter(status="pending"):
        if charge.debited_account in (REFUSED_IBAN, "000222222227"):
            debits.fail(charge.payment_intent_id)
        elif charge.debited_account in ("AT611904300234573201", US_ACCOUNT):
            debits.succeed(charge.payment_intent_id)
    give_money_back()
    deep = ["line_items.data.price.product", "payment_intent.latest_charge"]
    return [
        *(resolve(session_object(session), deep) for session in CheckoutSession.objects.all()),
        *(resolve(intent_object(intent)) for intent in PaymentIntent.objects.all()),
        *(resolve(charge_object(charge), ["refunds"]) for charge in Charge.objects.all()),
        *(resolve(refund_object(refund), WHOLE_REFUND) for refund in Refund.objects.all()),
        *(resolve(dispute_object(dispute), ["charge"]) for dispute in Dispute.objects.all()),
        *(resolve(warning_object(warning)) for warning in EarlyFraudWarning.objects.all()),
        *(resolve(balance_object(moved), ["source"]) for moved in BalanceTransaction.objects.all()),
        *(resolve(event_object(event)) for event in Event.objects.all()),
        *(endpoint_object(endpoint) for endpoint in WebhookEndpoint.objects.all()),
    ]


CLASSES = {
    "checkout.session": stripe.checkout.Session,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "charge": stripe.Charge,
    "event": stripe.Event,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "radar.early_fraud_warning": stripe.radar.EarlyFraudWarning,
    "balance_transaction": stripe.BalanceTransaction,
    "webhook_endpoint": stripe.WebhookEndpoint,
    "item": stripe.LineItem,
    "price": stripe.Price,
    "product": stripe.Product,
}


def lacking(value, hint, path):
    """List the fields that the SDK says are always there and ``value`` has not, at any depth."""
    if isinstance(value, list):
        inner = [lacking(item, arg, path) for item in value for arg in typing.get_args(hint)]
        return [name for names in inner for name in names]
    if not isinstance(value, dict):
        return []
    if value.get("object") == "list":
        return lacking(value["data"], hint, path)
    classes = sdk_types.nested_classes(hint)
    cls = CLASSES.get(str(value.get("object"))) or (classes[0] if classes else None)
    if cls is None or cls.__name__ == "UntypedStripeObject":
        return []
    found = []
    for name, inner in sdk_types.fields(cls).items():
        if value.get(name) is None and not sdk_types.is_optional(inner):
            found.append(f"{path}.{name}")
        found += lacking(value.get(name), inner, f"{path}.{name}")
    return found


def unknown(value, hint, path):
    """List the fields that ``value`` has and the SDK does not know, at any depth."""
    if isinstance(value, list):
        inner = [unknown(item, arg, path) for item in value for arg in typing.get_args(hint)]
        return [name for names in inner for name in names]
    if not isinstance(value, dict):
        return []
    if value.get("object") == "list":
        return unknown(value["data"], hint, path)
    classes = sdk_types.nested_classes(hint)
    cls = CLASSES.get(str(value.get("object"))) or (classes[0] if classes else None)
    if cls is None or cls.__name__ == "UntypedStripeObject":
        return []
    known = sdk_types.fields(cls)
    found = [f"{path}.{name}" for name in value if name not in known]
    for name, inner in value.items():
        found += unknown(inner, known.get(name), f"{path}.{name}")
    return found


@pytest.mark.django_db
def test_debits_are_told_in_the_fields_the_sdk_knows(whole):
    """What cards and debits are paid with, to the last field, and nothing else."""
    charges = [thing for thing in whole if thing["object"] == "charge"]
    intents = [thing for thing in whole if thing["object"] == "payment_intent"]
    kinds = {charge["payment_method_details"]["type"] for charge in charges}
    assert kinds == {"card", "sepa_debit", "us_bank_account"}
    for charge in charges:
        kind = charge["payment_method_details"]["type"]
        details = charge["payment_method_details"]
        assert set(details) == {"type", kind}
        if kind != "card":
            cls = sdk_types.fields(stripe.Charge)["payment_method_details"]
            [inner] = sdk_types.nested_classes(
                sdk_types.fields(sdk_types.nested_classes(cls)[0])[kind]
            )
            assert set(details[kind]) == set(sdk_types.fields(inner))
    for thing in charges + intents:
        assert unknown(thing, CLASSES[thing["object"]], thing["object"]) == []


@pytest.mark.django_db
def test_payment_methods_of_debits_have_all_their_fields():
    for make, number, kind in (
        (create_euro_session, "AT611904300234573201", "sepa_debit"),
        (create_session, US_ACCOUNT, "us_bank_account"),
    ):
        session = make()
        debit(session, number=number)
        intent = PaymentIntent.objects.get(session=session)
        method = resolve(intent_object(intent), ["payment_method"])["payment_method"]

        assert method["type"] == kind
        assert method["billing_details"]["name"] == "Ada"
        [cls] = sdk_types.nested_classes(sdk_types.fields(stripe.PaymentMethod)[kind])
        assert set(method[kind]) == set(sdk_types.fields(cls))
        assert lacking(method, stripe.PaymentMethod, "") == []
        assert unknown(method, stripe.PaymentMethod, "") == []


@pytest.mark.django_db
def test_objects_have_every_field_the_sdk_requires(whole):
    assert {thing["object"] for thing in whole} == {
        "checkout.session",
        "payment_intent",
        "charge",
        "event",
        "refund",
        "dispute",
        "radar.early_fraud_warning",
        "balance_transaction",
        "webhook_endpoint",
    }
    for thing in whole:
        assert lacking(thing, CLASSES[thing["object"]], thing["object"]) == []


@pytest.mark.django_db
def test_objects_have_no_field_the_sdk_does_not_know_and_lack_only_what_stripe_leaves_out(whole):
    seen = {}

    def collect(value):
        if isinstance(value, list):
            for item in value:
                collect(item)
        elif isinstance(value, dict):
            if str(value.get("object")) in ABSENT:
                seen.setdefault(value["object"], []).append(set(value))
            for item in value.values():
                collect(item)

    collect(whole)

    assert seen.keys() == ABSENT.keys()
    for kind, key_sets in seen.items():
        known = set(sdk_types.fields(CLASSES[kind]))
        for keys in key_sets:
            assert keys - known == set()
            assert known - keys - ABSENT[kind] == set()


@pytest.mark.django_db
def test_events_carry_no_expanded_objects():
    session = create_session()
    pay(session)

    completed = event_object(Event.objects.get(type="checkout.session.completed"))

    session.refresh_from_db()
    assert completed["api_version"] == "2026-10-28.endive" == stripe.api_version
    assert completed["livemode"] is False
    assert completed["pending_webhooks"] == 1
    assert completed["request"] == {"id": None, "idempotency_key": None}
    assert completed["data"]["object"]["payment_intent"] == session.payment_intent_id
    assert "line_items" not in completed["data"]["object"]
    assert len(json.dumps(completed)) < 10_000


@pytest.mark.django_db
def test_objects_tell_of_a_payment_blocked_as_too_risky():
    charge = paid_charge(number="4100000000000019")

    outcome = resolve(charge_object(charge))["outcome"]
    error = resolve(intent_object(charge.payment_intent))["last_payment_error"]

    assert (outcome["type"], outcome["reason"]) == ("blocked", "highest_risk_level")
    assert (outcome["risk_level"], outcome["network_status"]) == ("highest", "not_sent_to_network")
    assert (error["type"], error["code"], error["decline_code"]) == (
        "card_error",
        "card_declined",
        "fraudulent",
    )


@pytest.mark.django_db
def test_objects_tell_of_a_decline():
    session = create_session()
    pay(session, number="4000000000009995")

    session.refresh_from_db()
    intent = resolve(intent_object(session.payment_intent), ["latest_charge"])

    error, charge = intent["last_payment_error"], intent["latest_charge"]
    assert intent["status"] == "requires_payment_method"
    assert intent["amount_received"] == 0
    assert intent["payment_method"] is None
    assert (error["code"], error["decline_code"]) == ("card_declined", "insufficient_funds")
    assert error["payment_method"]["card"]["last4"] == "9995"
    assert error["charge"] == charge["id"]
    assert (charge["status"], charge["paid"], charge["captured"]) == ("failed", False, False)
    assert charge["failure_code"] == "card_declined"
    assert charge["outcome"]["reason"] == "insufficient_funds"
    assert session.status == "open"
