"""What tests ask of the sandbox, and how they pay there."""

from datetime import date

import pytest
import stripe

from checkout.sandbox import accounts, cards, payments, sessions
from checkout.sandbox.models import Event, WebhookEndpoint
from checkout.sandbox.payments import Purchase

API_KEY = "sk_test_anything"
AUTHORIZED = {"Authorization": f"Bearer {API_KEY}"}

CARD = "4242424242424242"
CHALLENGED_CARD = "4000000000003220"
DECLINED_CARD = "4000000000000002"
FRAUD_CARD = "4000000000000259"
INQUIRY_CARD = "4000000000001976"

IBAN = "AT611904300234573201"
REFUSED_IBAN = "AT861904300235473202"
US_ACCOUNT = "000123456789"


def line(*, amount=4900, currency="usd", name="Typography", quantity=1, **more):
    return {
        "price_data": {
            "currency": currency,
            "unit_amount": amount,
            "product_data": {"name": name},
        },
        "quantity": quantity,
        **more,
    }


def session_params(**changes):
    return {
        "mode": "payment",
        "line_items": [line()],
        "success_url": "http://shop.example/orders/r1/?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.example/cart/",
        "client_reference_id": "order-1",
        "metadata": {"order": "1", "payment": "7"},
        "payment_intent_data": {"metadata": {"order": "1"}},
    } | changes


def create_session(**changes):
    """Make a session without HTTP, as ``POST /v1/checkout/sessions`` would."""
    return sessions.create(session_params(**changes))


def listen_to_everything():
    """Have the shop's endpoint told of every event, as with ``enabled_events=["*"]``."""
    endpoint = WebhookEndpoint.objects.shops()
    endpoint.enabled_events = ["*"]
    endpoint.save()


def purchase(*, number=CARD, email="ada@example.com", name="Ada"):
    return Purchase(email=email, name=name, card=cards.BY_NUMBER[number], expiry=date(2034, 12, 1))


def pay(session, *, number=CARD, **buyer):
    """Press Pay without HTTP."""
    return payments.pay(session.pk, purchase(number=number, **buyer))


def create_euro_session(**changes):
    """Make a session that can be paid by SEPA debit."""
    return create_session(line_items=[line(currency="eur")], **changes)


def debit(session, *, number=IBAN, email="ada@example.com", name="Ada"):
    """Pay from a bank account, without HTTP."""
    account = accounts.BY_NUMBER[number]
    return payments.pay(session.pk, Purchase(email=email, name=name, account=account))


def filled_in(*, number=CARD, **changes):
    """Return what a buyer's browser posts from the pay page."""
    return {
        "email": "ada@example.com",
        "number": number,
        "expiry": "12 / 34",
        "cvc": "123",
        "name": "Ada Lovelace",
    } | changes


def iban_filled_in(*, iban=IBAN, **changes):
    """Return what a browser posts whose buyer has chosen SEPA."""
    return {
        "email": "ada@example.com",
        "method": "sepa_debit",
        "iban": iban,
        "holder": "Ada Lovelace",
    } | changes


def us_account_filled_in(*, account=US_ACCOUNT, **changes):
    """Return what a browser posts whose buyer has chosen ACH."""
    return {
        "email": "ada@example.com",
        "method": "us_bank_account",
        "routing_number": "110000000",
        "account_number": account,
        "holder": "Ada Lovelace",
    } | changes


def paid_charge(*, number=CARD, **changes):
    """Pay a new session with a card, and return the charge."""
    session = create_session(**changes)
    pay(session, number=number)
    session.refresh_from_db()
    return session.payment_intent.latest_charge


def told_since(start):
    """Return the events after the first ``start`` ones, in the order in which they happened."""
    return list(Event.objects.order_by("created_at"))[start:]


def kinds_since(start):
    """Return their types."""
    return [event.type for event in told_since(start)]


def disputed(number=FRAUD_CARD):
    """Pay with a card that is disputed at once, and return the dispute."""
    return paid_charge(number=number).disputes.get()


def answer_dispute(client, dispute, text="Ada studied it.", **params):
    return client.v1.disputes.update(
        dispute.pk, {"evidence": {"uncategorized_text": text}, **params}
    )


def refusal(ask, *args):
    """Return why the request is refused. Nothing may have happened."""
    before = Event.objects.count()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        ask(*args)
    assert Event.objects.count() == before
    return caught.value.http_status, caught.value.code, caught.value.user_message
