"""The control page, as people use it."""

import re

import pytest
from django.test import Client

from checkout.sandbox import faults, webhooks
from checkout.sandbox.deliveries import deliver
from checkout.sandbox.events import emit
from checkout.sandbox.models import (
    ApiFault,
    CheckoutSession,
    Delivery,
    Event,
    Fault,
    PaymentFault,
    Switches,
    WebhookEndpoint,
)
from tests.sandbox.asking import create_session, pay

pytestmark = pytest.mark.django_db

PAGE = "/sandbox/controls/"
KIND = "checkout.session.expired"
THING = {"id": "cs_test_1", "object": "checkout.session"}


@pytest.fixture
def visitor(shop):
    """A browser that keeps cookies and sends the form's token."""
    return Client(enforce_csrf_checks=True)


def press(visitor, place, **filled):
    """Post one of the page's forms, and return the page that comes after it."""
    page = visitor.get(PAGE).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    return visitor.post(PAGE + place, filled | {"csrfmiddlewaretoken": token}, follow=True)


def said(response):
    return re.findall(r'class="said[^>]*>(.*?)</p>', response.content.decode())


def test_the_page_shows_what_is_on(visitor):
    assert "Everything works as it should." in visitor.get(PAGE).content.decode()
    faults.switch_on("*", Fault.SLOW, times=2, seconds=3)
    webhooks.switch(copies=3, clock_shift=-600)
    webhooks.disable()

    page = visitor.get(PAGE)

    assert [each.sentence for each in page.context["switched_on"]] == [
        "Any call: the right answer, but late, after 3 s (2 times)",
        "Each webhook is delivered 3 times",
        "The sandbox’s clock is 600 seconds behind",
        "The shop’s endpoint is disabled",
    ]
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_a_call_is_broken_by_a_form(visitor):
    filled = {"call": "checkout.sessions.create", "fault": "timeout_after", "seconds": "0.5"}

    page = press(visitor, "faults/", times="2", **filled)

    assert said(page) == ["Switched on: No answer, although it was done."]
    fault = ApiFault.objects.get()
    assert (fault.call, fault.fault, fault.times_left, fault.seconds) == (
        "checkout.sessions.create",
        "timeout_after",
        2,
        0.5,
    )
    press(visitor, f"faults/{fault.pk}/off/")
    assert not ApiFault.objects.exists()


def test_a_payment_is_falsified_by_a_form(visitor):
    press(visitor, "payments/", fault="another_currency", currency="gbp", amount="", times="1")

    fault = PaymentFault.objects.get()
    assert (fault.fault, fault.currency, fault.amount) == ("another_currency", "gbp", None)


def test_webhooks_are_switched_by_a_form(visitor):
    filled = {"delay": "5", "copies": "2", "signature": "corrupt", "timestamp_shift": "-600"}

    press(visitor, "webhooks/", is_holding="on", **filled)

    switches = Switches.current()
    assert (switches.is_holding, switches.delay, switches.copies) == (True, 5, 2)
    assert (switches.signature, switches.timestamp_shift) == ("corrupt", -600)
    press(visitor, "clock/", seconds="-30")
    assert Switches.current().clock_shift == -30
    assert Switches.current().copies == 2


@pytest.mark.parametrize(
    ("place", "filled"),
    [
        ("faults/", {"call": "nothing", "fault": "slow"}),
        ("faults/", {"call": "*", "fault": "slow", "seconds": "nan"}),
        ("faults/", {"call": "*", "fault": "slow", "times": "0"}),
        ("payments/", {"fault": "another_amount", "amount": "-5"}),
        ("payments/", {"fault": "another_currency", "currency": "EUR"}),
        ("webhooks/", {"delay": "x", "copies": "1", "signature": "good", "timestamp_shift": "0"}),
        ("webhooks/", {"delay": "0", "copies": "99", "signature": "good", "timestamp_shift": "0"}),
        ("clock/", {"seconds": "9" * 30}),
        ("releases/", {"order": "sideways"}),
        ("tellings/", {"about": "nobody"}),
    ],
)
def test_what_cannot_be_switched_is_said_in_the_form(visitor, place, filled):
    page = press(visitor, place, **filled)

    assert page.status_code == 422
    assert said(page) == ["Nothing was switched. The fields below say why."]
    assert b"<title>Error: Controls" in page.content
    assert not ApiFault.objects.exists()
    assert not PaymentFault.objects.exists()
    assert not Switches.objects.exists()


def test_everything_is_switched_off_by_one_button(visitor):
    faults.switch_on("*", Fault.SLOW)
    webhooks.switch(copies=3)
    webhooks.disable()

    page = press(visitor, "off/")

    assert page.context["switched_on"] == []


def test_what_is_held_is_released_by_a_button(visitor, shop):
    webhooks.switch(is_holding=True)
    emit(KIND, THING)
    assert visitor.get(PAGE).context["held"] == 1

    page = press(visitor, "releases/", order="reversed")

    assert said(page) == ["Released: 1."]
    assert shop.kinds() == [KIND]


def test_an_event_is_sent_again_by_a_button(visitor, shop):
    event = emit(KIND, THING)
    deliver(event.deliveries.get().pk)

    page = press(visitor, f"events/{event.pk}/resend/")

    assert said(page) == [f"Sent again: {KIND}."]
    assert [told.id for told in shop.events()] == [event.pk] * 2
    assert Delivery.objects.filter(state="delivered").count() == 2


def test_a_session_is_expired_by_a_button(visitor):
    session = create_session()
    button = f'action="{PAGE}sessions/{session.pk}/expire/"'
    assert button in visitor.get(PAGE).content.decode()

    page = press(visitor, f"sessions/{session.pk}/expire/")

    assert CheckoutSession.objects.get().status == "expired"
    assert button not in page.content.decode()
    again = press(visitor, f"sessions/{session.pk}/expire/")
    assert "can be expired" in said(again)[0]
    assert Event.objects.count() == 1


def test_the_secret_is_rolled_and_taken_back(visitor, settings):
    press(visitor, "secret/", active_for="60")
    assert len(WebhookEndpoint.objects.shops().secrets) == 2

    press(visitor, "secret/", is_restored="1", active_for="60")

    assert WebhookEndpoint.objects.shops().secrets == settings.STRIPE_WEBHOOK_SECRETS


def test_the_endpoint_is_disabled_and_enabled(visitor):
    press(visitor, "endpoint/", disabled="1")
    assert not WebhookEndpoint.objects.shops().is_enabled

    press(visitor, "endpoint/")

    assert WebhookEndpoint.objects.shops().is_enabled


@pytest.mark.parametrize(
    "place",
    ["nothing/", "events/evt_1/resend/", "sessions/cs_1/expire/", "sessions/cs_1/explode/"],
)
def test_what_is_not_there_is_not_found(visitor, place):
    assert press(visitor, place).status_code == 404


@pytest.mark.parametrize("place", ["faults/", "off/", "releases/", "sessions/cs_1/expire/"])
def test_nothing_is_switched_without_a_token(shop, place):
    stranger = Client(enforce_csrf_checks=True)

    assert stranger.post(PAGE + place, {"call": "*", "fault": "slow"}).status_code == 403
    assert stranger.get(PAGE + place).status_code == 405
    assert not ApiFault.objects.exists()


def test_the_page_costs_as_many_queries_with_many_rows(visitor, django_assert_num_queries):
    for count in (1, 9):
        for _ in range(count):
            pay(create_session())
        with django_assert_num_queries(12):
            visitor.get(PAGE)
