"""No cart ends where nothing can be bought any more, and nothing is sold twice on the way out."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from checkout.gateways import SessionState
from checkout.models import Order, Payment
from checkout.sandbox import errors, sessions
from checkout.sandbox.models import CheckoutSession
from checkout.settlement import settle
from tests.checkout.conftest import Shopper
from tests.checkout.paying import pay_at
from tests.checkout.shop import create_payment, snapshot_of
from tests.checkout.test_start import check_out, messages_of, statuses
from tests.factories import create_course, create_learner, enroll

pytestmark = pytest.mark.django_db

NOT_CHARGED = "You have not been charged. Please try again in a moment."
NO_ANSWER = f"The payment service did not answer. {NOT_CHARGED}"
BUSY = f"The payment service is busy. {NOT_CHARGED}"


@pytest.fixture
def started(gateway, shopper, course):
    """A payment whose session is open."""
    shopper.wants(course)
    check_out(shopper)
    return Payment.objects.get()


@pytest.fixture
def unanswered(gateway, settings, shopper, course):
    """A payment of whose session nobody knows whether it was made. The gateway works again."""
    shopper.wants(course)
    working, settings.STRIPE_API_BASE = settings.STRIPE_API_BASE, "http://127.0.0.1:9"
    check_out(shopper)
    settings.STRIPE_API_BASE = working
    return Payment.objects.get()


def another_shopper():
    client = Client()
    user = create_learner()
    client.force_login(user)
    return Shopper(user, client)


def sessions_at_the_gateway():
    return list(CheckoutSession.objects.order_by("created_at").values_list("status", flat=True))


def assert_sent_to_pay(response):
    assert response["Location"] == Payment.objects.latest("pk").session_url != ""


def test_session_that_the_gateway_forgot_is_replaced(started, shopper):
    """After the shop's keys were changed: the session is in an account that is not ours now."""
    CheckoutSession.objects.all().delete()

    response = check_out(shopper)

    assert statuses() == (["pending"], ["expired", "open"])
    assert_sent_to_pay(response)


def test_session_that_the_gateway_forgot_is_no_obstacle_to_another_cart(started, shopper):
    CheckoutSession.objects.all().delete()
    shopper.wants(create_course())

    response = check_out(shopper)

    assert statuses() == (["canceled", "pending"], ["expired", "open"])
    assert_sent_to_pay(response)


@pytest.mark.parametrize("changed", [False, True])
def test_session_of_the_other_mode_is_replaced(started, shopper, changed):
    """A shop that went live never asks for a test's session, nor the other way round."""
    Payment.objects.update(livemode=True)
    if changed:
        shopper.wants(create_course())

    response = check_out(shopper)

    orders = ["canceled", "pending"] if changed else ["pending"]
    assert statuses() == (orders, ["expired", "open"])
    assert_sent_to_pay(response)


def test_session_with_little_time_left_is_replaced(started, shopper):
    Payment.objects.update(expires_at=timezone.now() + timezone.timedelta(seconds=30))

    response = check_out(shopper)

    assert statuses() == (["expired", "pending"], ["expired", "open"])
    assert sessions_at_the_gateway() == ["expired", "open"]
    assert_sent_to_pay(response)


def test_session_that_cannot_be_ended_keeps_another_from_being_sold(started, shopper, monkeypatch):
    """The old one could still be paid, so that the customer would pay twice."""

    def refuse(session_id, *, cause):
        raise errors.ApiError("This Checkout Session cannot be expired.")

    monkeypatch.setattr(sessions, "expire", refuse)
    shopper.wants(create_course())

    response = check_out(shopper)

    assert (response["Location"], messages_of(response)) == ("/cart/", [BUSY])
    assert statuses() == (["pending"], ["open"])
    assert sessions_at_the_gateway() == ["open"]


def test_attempt_that_is_too_old_is_not_asked_for_again(unanswered, shopper):
    """The gateway would refuse its frozen request, which ends in less than half an hour."""
    Payment.objects.update(expires_at=timezone.now() + timezone.timedelta(minutes=30))

    response = check_out(shopper)

    assert statuses() == (["pending"], ["abandoned", "open"])
    assert_sent_to_pay(response)


def test_attempt_without_an_answer_is_ended_before_another_cart_is_sold(unanswered, shopper):
    """Its session may exist: it is asked for with the same key, and ended."""
    shopper.wants(create_course())

    response = check_out(shopper)

    assert statuses() == (["expired", "pending"], ["expired", "open"])
    assert sessions_at_the_gateway() == ["expired", "open"]
    assert Payment.objects.first().session_id is not None
    assert_sent_to_pay(response)


def test_attempt_that_was_refused_is_no_obstacle_to_another_cart(
    gateway, settings, shopper, course
):
    shopper.wants(course)
    good, settings.STRIPE_SECRET_KEY = settings.STRIPE_SECRET_KEY, "not a key"
    check_out(shopper)
    settings.STRIPE_SECRET_KEY = good
    shopper.wants(create_course())

    response = check_out(shopper)

    assert statuses() == (["canceled", "pending"], ["abandoned", "open"])
    assert_sent_to_pay(response)


@pytest.mark.parametrize(
    ("state", "changes", "order"),
    [
        (SessionState.PAID, {"amount_minor": 100}, "pending"),
        (SessionState.PROCESSING, {}, "processing"),
    ],
)
def test_money_on_its_way_is_not_asked_for_twice_and_frees_the_cart(
    started, shopper, state, changes, order
):
    """Held until staff have looked, or confirmed by a bank in some days."""
    settle(started.pk, snapshot_of(started, state, **changes))
    payment = Payment.objects.get().status

    again = check_out(shopper)

    assert messages_of(again) == ["Your cart is empty."]
    assert statuses() == ([order], [payment])

    shopper.wants(create_course())
    assert_sent_to_pay(check_out(shopper))
    assert statuses() == ([order, "pending"], [payment, "open"])


@pytest.mark.parametrize("is_paid", [False, True])
def test_token_of_somebody_elses_order_makes_an_order_of_ones_own(
    gateway, shopper, course, is_paid
):
    shopper.wants(course)
    token, other = uuid4(), another_shopper()
    url = check_out(shopper, token=token)["Location"]
    if is_paid:
        pay_at(url)
    other.wants(course)

    response = check_out(other, token=token)

    assert_sent_to_pay(response)
    assert list(Order.objects.order_by("pk").values_list("user", flat=True)) == [
        shopper.user.pk,
        other.user.pk,
    ]


def test_one_token_sent_by_two_people_at_once_makes_an_order_for_each(gateway, course):
    shoppers, token, starting_line = [another_shopper() for _ in range(4)], uuid4(), Barrier(4)
    for one in shoppers:
        one.wants(course)

    def press(one):
        try:
            starting_line.wait()
            return check_out(one, token=token)["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        urls = list(pool.map(press, shoppers))

    paid_for = {payment.order.user: payment.session_url for payment in Payment.objects.all()}
    assert urls == [paid_for[one.user] for one in shoppers]
    assert statuses() == (["pending"] * 4, ["open"] * 4)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda shopper, course: enroll(shopper.user, course=course), "already yours"),
        (lambda shopper, course: type(course).objects.update(status="archived"), "no longer for"),
    ],
)
def test_open_order_is_not_offered_once_it_makes_no_sense(
    started, shopper, course, spoil, sentence
):
    """Owned, or archived, between two presses of the button."""
    spoil(shopper, course)

    response = check_out(shopper)

    [message] = messages_of(response)
    assert response["Location"] == "/cart/"
    assert sentence in message
    assert statuses() == (["pending"], ["open"])


@pytest.mark.parametrize(
    ("change", "total"),
    [
        (lambda shopper, course: shopper.cart.set_seats(course, 2), 7800),
        (lambda shopper, course: change_price(shopper, course), 4900),
    ],
)
def test_other_seats_or_another_price_make_another_order(started, shopper, course, change, total):
    change(shopper, course)

    assert_sent_to_pay(check_out(shopper))

    assert statuses() == (["expired", "pending"], ["expired", "open"])
    assert Order.objects.latest("pk").total_minor == total
    assert CheckoutSession.objects.get(status="open").amount_total == total


def change_price(shopper, course):
    type(course).objects.update(price_minor=4900)
    shopper.cart.accept_prices()


def test_more_courses_than_one_order_holds_are_refused_in_words(gateway, shopper):
    shopper.wants(*[create_course() for _ in range(101)])

    response = check_out(shopper)

    assert messages_of(response) == [
        "One order holds at most 100 different courses. Please order in two parts."
    ]
    assert statuses() == ([], [])


def test_order_that_is_paid_while_its_session_is_made_is_shown(memory_gateway, shopper, course):
    """Late money of an earlier attempt: the customer is not sent to pay a second time."""
    shopper.wants(course)

    def earlier_attempt_is_paid(payment):
        earlier = create_payment(order=payment.order, attempt=0, status="expired")
        settle(earlier.pk, snapshot_of(earlier))

    memory_gateway.meanwhile = earlier_attempt_is_paid

    response = check_out(shopper)

    assert response["Location"] == Order.objects.get().get_absolute_url()
    assert Order.objects.get().status == "paid"
