"""Webhook endpoints, through the official SDK."""

import pytest
import stripe

from checkout.sandbox.deliveries import deliver
from checkout.sandbox.events import emit, emit_held
from checkout.sandbox.models import Delivery, WebhookEndpoint
from checkout.sandbox.models.endpoint import SHOP_ENDPOINT, SHOP_EVENTS
from tests.sandbox import sdk_types

pytestmark = pytest.mark.django_db(transaction=True)

KIND = "checkout.session.expired"
THING = {"id": "cs_test_1", "object": "checkout.session"}


@pytest.fixture
def endpoints(stripe_client):
    return stripe_client.v1.webhook_endpoints


def make(endpoints, shop, **changes):
    return endpoints.create({"url": f"{shop.url}/second/", "enabled_events": [KIND]} | changes)


def tell(kind=KIND):
    for delivery in emit(kind, THING).deliveries.all():
        deliver(delivery.pk)


def paths(shop):
    return [path for path, _, _ in shop.received]


def test_the_shops_endpoint_is_there_from_the_start(endpoints, shop):
    [endpoint] = endpoints.list().data

    assert endpoint.to_dict() == {
        "id": SHOP_ENDPOINT,
        "object": "webhook_endpoint",
        "api_version": "2026-10-28.endive",
        "application": None,
        "created": endpoint.created,
        "description": None,
        "enabled_events": list(SHOP_EVENTS),
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": f"{shop.url}/webhooks/stripe/",
    }
    assert endpoints.retrieve(SHOP_ENDPOINT).to_dict() == endpoint.to_dict()


def test_an_endpoint_has_the_fields_that_the_sdk_declares(endpoints, shop):
    made = make(endpoints, shop)

    declared = set(sdk_types.fields(stripe.WebhookEndpoint))
    assert set(made.to_dict()) == declared - {"deleted"}


def test_a_second_endpoint_is_told_too_with_its_own_secret_and_version(endpoints, shop):
    made = make(endpoints, shop, api_version="2025-03-31.basil", metadata={"a": "b"})

    tell()

    assert paths(shop) == ["/webhooks/stripe/", "/second/"]
    _, headers, body = shop.received[1]
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], made.secret)
    assert event.api_version == "2025-03-31.basil"
    assert "secret" not in endpoints.retrieve(made.id)
    assert made.metadata.to_dict() == {"a": "b"}


def test_an_endpoint_is_told_what_it_wants(endpoints, shop):
    make(endpoints, shop, enabled_events=["payment_intent.created"])
    make(endpoints, shop, enabled_events=["*"], url=f"{shop.url}/all/")

    tell()
    tell("payment_intent.created")

    assert paths(shop) == ["/webhooks/stripe/", "/all/", "/second/", "/all/"]


def test_an_endpoint_can_be_changed(endpoints, shop):
    made = make(endpoints, shop)

    changed = endpoints.update(
        made.id,
        {"url": f"{shop.url}/other/", "enabled_events": ["charge.failed"], "disabled": True},
    )
    assert (changed.url, changed.enabled_events, changed.status) == (
        f"{shop.url}/other/",
        ["charge.failed"],
        "disabled",
    )
    tell("charge.failed")
    assert paths(shop) == []
    assert endpoints.update(made.id, {"disabled": False}).status == "enabled"
    tell("charge.failed")
    assert paths(shop) == ["/other/"]


def test_while_the_shops_is_disabled_its_events_are_not_delivered(endpoints, stripe_client, shop):
    endpoints.update(SHOP_ENDPOINT, {"disabled": True})

    tell()

    assert shop.received == []
    [missed] = stripe_client.v1.events.list({"delivery_success": False}).data
    assert (missed.type, missed.pending_webhooks) == (KIND, 0)
    assert emit_held(KIND, THING) is None


def test_a_deleted_endpoint_is_gone_and_its_log_stays(endpoints, shop):
    made = make(endpoints, shop)
    tell()

    gone = endpoints.delete(made.id)

    assert (gone.id, gone.deleted) == (made.id, True)
    tell()
    assert paths(shop) == ["/webhooks/stripe/", "/second/", "/webhooks/stripe/"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        endpoints.retrieve(made.id)
    assert caught.value.code == "resource_missing"
    assert Delivery.objects.filter(endpoint_id=made.id).count() == 1


def test_the_shops_endpoint_stays_deleted(endpoints, shop):
    endpoints.delete(SHOP_ENDPOINT)

    assert endpoints.list().data == []
    tell()
    assert shop.received == []


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"url": "elsewhere"}, "url"),
        ({"url": "ftp://shop.example/"}, "url"),
        ({"url": "http://"}, "url"),
        ({"enabled_events": ["order.paid"]}, "enabled_events[0]"),
        ({"connect": True}, "connect"),
        ({"metadata": {"k" * 41: "v"}}, "metadata"),
        ({"payment_method_types": ["card"]}, "payment_method_types"),
    ],
)
def test_what_is_no_endpoint_is_refused(endpoints, shop, changes, param):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        make(endpoints, shop, **changes)

    assert caught.value.param.startswith(param)
    assert not WebhookEndpoint.objects.exclude(pk=SHOP_ENDPOINT).exists()


def test_there_are_sixteen_endpoints_at_most(endpoints, shop):
    for _ in range(15):
        make(endpoints, shop)

    with pytest.raises(stripe.InvalidRequestError, match="maximum of 16"):
        make(endpoints, shop)
