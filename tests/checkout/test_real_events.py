"""Each type of event that the shop acts on: as it is sent, as the SDK has it, what it settles.

Between the sandbox and the shop stands a relay that lets one type through and loses the others, so
that each alone must bring the books to where the gateway has them.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests
import stripe

from checkout.gateways.stripe_objects import EVENT_TYPES
from checkout.models import Payment, WebhookEvent
from checkout.sandbox.models import Event, WebhookEndpoint
from tests.checkout.faults.acting_telling import (
    BOUGHT,
    INQUIRY_CARD,
    SLOW_REFUND_CARD,
    UNPAID,
    Books,
    act,
    books,
    buy,
    debit,
    inbox,
    order_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "whsec_of_the_tests"
CHARGED, REFUNDED = ("charge", 3900), ("refund", -3900)
WITHDRAWN, REINSTATED = ("dispute_withdrawn", -3900), ("dispute_reinstated", 3900)


class Relay:
    """What listens in the shop's place: it keeps what is sent, and hands one type on."""

    def __init__(self, shop_url):
        self.shop_url = shop_url
        self.lets_through = ""
        self.sent = []  # (body, signature, the shop's answer)

    def take(self, body, headers):
        """Return the shop's answer; of other types, that all is well."""
        if json.loads(body)["type"] != self.lets_through:
            return 200
        passed = {name: headers[name] for name in ("Content-Type", "Stripe-Signature")}
        with requests.Session() as http:
            status = http.post(self.shop_url, data=body, headers=passed, timeout=8).status_code
        self.sent.append((body, headers["Stripe-Signature"], status))
        return status


@pytest.fixture
def relay(gateway, settings):
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    relay = Relay(f"{gateway.url}/webhooks/stripe/")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(relay.take(body, self.headers))
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    WebhookEndpoint.objects.shops()
    WebhookEndpoint.objects.update(url=f"http://127.0.0.1:{server.server_port}/")
    yield relay
    server.shutdown()
    server.server_close()
    thread.join()


def pay(shopper, course):
    buy(shopper, course)


def pay_by_debit(shopper, course):
    debit(order_of(shopper, course))


def order(shopper, course):
    order_of(shopper, course)


def pay_and_be_asked(shopper, course):
    buy(shopper, course, card=INQUIRY_CARD)


def pay_with_slow_refunds(shopper, course):
    buy(shopper, course, card=SLOW_REFUND_CARD)


# What the buyer does, what banks and staff at the gateway do then, and what the shop comes to.
STORIES = {
    "checkout.session.completed": (pay, [], BOUGHT),
    "checkout.session.async_payment_succeeded": (pay_by_debit, ["succeed"], BOUGHT),
    "checkout.session.async_payment_failed": (
        pay_by_debit,
        ["fail"],
        Books(
            orders=("pending",),
            payments=("failed",),
            ledger=(),
            seats=(None,),
            letters=("failed",),
        ),
    ),
    "checkout.session.expired": (
        order,
        ["expire"],
        Books(orders=("expired",), payments=("expired",), ledger=(), seats=(None,), letters=()),
    ),
    "refund.created": (
        pay,
        ["refund"],
        Books(ledger=(CHARGED, REFUNDED), seats=("revoked",), letters=("receipt", "refunded")),
    ),
    "refund.updated": (
        pay_with_slow_refunds,
        ["refund", "succeed-refund"],
        Books(ledger=(CHARGED, REFUNDED), seats=("revoked",), letters=("receipt", "refunded")),
    ),
    "refund.failed": (
        pay,
        ["refund", "fail-refund"],
        Books(letters=("receipt", "refund failed")),
    ),
    "charge.dispute.created": (
        pay,
        ["dispute"],
        Books(ledger=(CHARGED, WITHDRAWN), seats=("suspended",), letters=("receipt", "dispute")),
    ),
    "charge.dispute.updated": (
        pay_and_be_asked,
        ["escalate"],
        Books(ledger=(CHARGED, WITHDRAWN), seats=("suspended",), letters=("receipt", "dispute")),
    ),
    "charge.dispute.closed": (
        pay,
        ["dispute", "lose"],
        Books(ledger=(CHARGED, WITHDRAWN), seats=("revoked",), letters=("receipt", "dispute")),
    ),
    "charge.dispute.funds_withdrawn": (
        pay,
        ["dispute"],
        Books(ledger=(CHARGED, WITHDRAWN), seats=("suspended",), letters=("receipt", "dispute")),
    ),
    "charge.dispute.funds_reinstated": (
        pay,
        ["dispute", "win"],
        Books(ledger=(CHARGED, WITHDRAWN, REINSTATED), letters=("receipt", "dispute")),
    ),
    "radar.early_fraud_warning.created": (pay, ["warn"], Books(letters=("receipt", "warning"))),
}


def test_stories_are_of_the_types_that_are_acted_on():
    assert list(STORIES) == list(EVENT_TYPES)


@pytest.mark.parametrize("kind", STORIES)
def test_event_is_signed_as_stripe_does_and_settles_by_itself(relay, shopper, course, kind):
    relay.lets_through = kind
    begin, deeds, outcome = STORIES[kind]

    begin(shopper, course)
    before = books()
    for name in deeds:
        act(name)

    assert (inbox(), books()) == ([(kind, "done", 1)], outcome)
    assert before == (UNPAID if deeds else BOUGHT)
    [(body, signature, answer)] = relay.sent
    event = stripe.Webhook.construct_event(body, signature, SECRET)
    assert (answer, event.id, event.type) == (200, Event.objects.get(type=kind).pk, kind)
    assert_looks_like_stripes(event)
    kept = WebhookEvent.objects.get()
    assert (kept.event_id, kept.object_id, kept.payment) == (
        event.id,
        event.data.object.id,
        Payment.objects.get(),
    )
    assert kept.payload == json.loads(body)


def assert_looks_like_stripes(event):
    """Have all that the SDK's class of an event declares, in our version, and an object in it."""
    assert (event.object, event.api_version, event.livemode) == (
        "event",
        stripe.api_version,
        False,
    )
    assert {"id", "created", "data", "pending_webhooks", "request", "type"} <= set(event.to_dict())
    kinds = {"checkout": "checkout.session", "charge": "dispute", "radar": None, "refund": None}
    prefix = event.type.split(".")[0]
    expected = kinds[prefix] or event.type.rpartition(".")[0]
    assert event.data.object.object == expected
    assert expected == type(event.data.object).OBJECT_NAME
