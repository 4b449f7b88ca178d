"""What tests ask of the sandbox, and how they pay there."""

from datetime import date

from checkout.sandbox import cards, payments, sessions
from checkout.sandbox.models import WebhookEndpoint
from checkout.sandbox.payments import Purchase

API_KEY = "sk_test_anything"
AUTHORIZED = {"Authorization": f"Bearer {API_KEY}"}

CARD = "4242424242424242"
CHALLENGED_CARD = "4000000000003220"
DECLINED_CARD = "4000000000000002"


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


def filled_in(*, number=CARD, **changes):
    """Return what a buyer's browser posts from the pay page."""
    return {
        "email": "ada@example.com",
        "number": number,
        "expiry": "12 / 34",
        "cvc": "123",
        "name": "Ada Lovelace",
    } | changes
