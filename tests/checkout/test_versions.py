"""An order counts its changes, so that a page that waits knows when to look anew."""

import time

import pytest

from checkout.gateways import SessionState
from checkout.models import Order
from checkout.polling import BRISK
from checkout.settlement import settle
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.checkout.test_orders import poll, poll_url, text_of
from tests.factories import create_learner

pytestmark = pytest.mark.django_db

MOVES = {
    "start_processing": ("pending", lambda order: order.start_processing()),
    "reopen": ("processing", lambda order: order.reopen()),
    "pay": ("pending", lambda order: order.pay()),
    "expire": ("pending", lambda order: order.expire()),
    "cancel": ("pending", lambda order: order.cancel()),
    "hold": ("pending", lambda order: order.hold("amount_mismatch")),
    "note_change": ("pending", lambda order: order.note_change()),
}
ENDS = {
    "fail": ("processing", lambda payment: payment.fail("No.")),
    "expire": ("open", lambda payment: payment.expire()),
    "abandon": ("creating", lambda payment: payment.abandon("No.")),
}


@pytest.fixture
def order(shopper, course):
    """An order of the shopper's that waits for its money."""
    order = create_order(buyer=shopper.user, courses=[course])
    create_payment(order=order)
    return order


@pytest.mark.parametrize("verb", MOVES)
def test_each_move_of_an_order_counts_once(verb):
    status, move = MOVES[verb]
    order = create_order()
    Order.objects.update(status=status)

    move(order)

    assert (order.version, Order.objects.get().version) == (2, 2)


@pytest.mark.parametrize("verb", ["start_processing", "pay", "expire", "cancel"])
def test_move_that_was_made_already_does_not_count(verb):
    order = create_order()
    MOVES[verb][1](order)

    assert MOVES[verb][1](order) is False

    assert (order.version, Order.objects.get().version) == (2, 2)


@pytest.mark.parametrize("verb", ENDS)
def test_each_end_of_an_attempt_counts_once(verb):
    status, end = ENDS[verb]
    payment = create_payment(status=status)

    assert [end(payment), end(payment)] == [True, False]

    assert Order.objects.get().version == 2


@pytest.mark.parametrize(
    ("state", "changes", "sentence"),
    [
        (SessionState.PROCESSING, {}, "Your bank is confirming"),
        (SessionState.PAID, {"amount_minor": 1}, "We are looking at your payment"),
        (SessionState.EXPIRED, {}, "This order was closed"),
    ],
)
def test_poll_flips_to_whatever_the_gateway_says(shopper, order, state, changes, sentence):
    url = poll_url(shopper.client, order)
    payment = order.payments.get()
    settle(payment.pk, snapshot_of(payment, state, **changes))

    response = poll(shopper.client, order, url)

    text = text_of(response)
    assert (response.status_code, sentence in text) == (200, True)
    assert "hx-trigger" not in text


def test_poll_answers_as_soon_as_its_own_pace_is_another(shopper, order):
    """Nothing has changed but the time: with a 204 it would go on as briskly for ever."""
    status = f"/orders/{order.reference}/status/?v={order.version}"
    since = int(time.time()) - BRISK - 1

    slower = poll(shopper.client, order, f"{status}&s=2&t={since}")
    same = poll(shopper.client, order, f"{status}&s=5&t={since}")

    assert (slower.status_code, "every 5s" in text_of(slower)) == (200, True)
    assert same.status_code == 204


def test_order_of_another_person_is_not_counted(order):
    other = create_payment(order=create_order(buyer=create_learner()))

    other.expire()
    other.order.pay()

    order.refresh_from_db()
    assert (order.status, order.version) == ("pending", 1)
