"""Faults 44 to 46: the webhook and the way back, in any order and at the same moment."""

from functools import partial

import pytest

from checkout.models import Fulfillment, Order, Payment, WebhookEvent
from checkout.sandbox import faults, webhooks
from checkout.sandbox.models import ApiFault, Fault
from tests.checkout.conftest import HTMX
from tests.checkout.faults.acting_starting import (
    RETRIEVE,
    another_attempt,
    another_browser,
    at_once,
    books,
    bought,
    refused_by,
    text_at,
    waiting,
)
from tests.checkout.paying import pay_at
from tests.checkout.test_orders import let_time_pass
from tests.checkout.test_start import check_out

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 1000


@pytest.fixture
def landing(gateway, shopper, course):
    """Where the shopper comes back to, having paid; the webhook is held."""
    shopper.wants(course)
    url = check_out(shopper)["Location"]
    webhooks.switch(is_holding=True)
    faults.switch_on(RETRIEVE, Fault.SLOW, times=MANY)  # which counts the calls
    return pay_at(url).headers["Location"]


def questions():
    """Return how often the gateway was asked about the session."""
    return MANY - ApiFault.objects.get().times_left


def told():
    """Return what became of the event."""
    return list(WebhookEvent.objects.values_list("type", "state"))


COMPLETED = [("checkout.session.completed", "done")]


def test_fault_44_webhook_before_the_redirect_is_found_settled(shopper, landing):
    """The page shows the unlocked course at once, and asks nobody."""
    webhooks.release()
    assert (books(), told(), questions()) == (bought(), COMPLETED, 1)

    for _ in range(2):
        assert "Start lesson 1" in text_at(shopper.client, landing)
        let_time_pass(Order.objects.get())

    assert (books(), questions()) == (bought(), 1)


def test_fault_45_redirect_before_the_webhook_settles(shopper, landing):
    """The page asks once, after a moment, and settles; the webhook then changes nothing."""
    assert "Confirming your payment" in text_at(shopper.client, landing)
    assert (books(), questions()) == (waiting(sessions=["complete"]), 0)
    let_time_pass(Order.objects.get())

    for _ in range(2):
        assert "Start lesson 1" in text_at(shopper.client, landing)
    assert (books(), questions(), told()) == (bought(), 1, [])
    version = Order.objects.get().version

    webhooks.release()
    assert (books(), told()) == (bought(), COMPLETED)
    assert Order.objects.get().version == version


def test_fault_46_webhook_and_redirect_at_once_settle_once(shopper, landing):
    """One of them settles, the others find it done. Many more: ``test_settlement_races``."""
    text_at(shopper.client, landing)
    order = Order.objects.get()
    let_time_pass(order)
    check = f"{order.get_absolute_url()}check/"

    pages = at_once(
        webhooks.release,
        partial(text_at, another_browser(shopper.user), landing),
        partial(another_browser(shopper.user).post, check, headers=HTMX),
    )

    assert pages[0] == 1
    assert (books(), told()) == (bought(), COMPLETED)
    assert "Start lesson 1" in text_at(shopper.client, landing)
    payment = another_attempt(order, status="expired")
    refused_by(
        "checkout_fulfillment_pkey",
        lambda: Fulfillment.objects.bulk_create([Fulfillment(order=order, payment=payment)]),
    )
    assert Payment.objects.filter(settles_order=True).count() == 1
