"""From the cart to the gateway's page: order first, one payable session, and clear answers."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from checkout.models import Order, Payment
from checkout.sandbox.models import CheckoutSession
from tests.checkout.conftest import HTMX
from tests.checkout.paying import pay_at
from tests.factories import create_course, create_learner, enroll

pytestmark = pytest.mark.django_db(transaction=True)


def check_out(shopper, *, token=None, headers=None):
    return shopper.client.post(
        "/checkout/", {"token": str(token or uuid4())}, headers=headers or {}
    )


def statuses():
    """Return the statuses of all orders and payments, in the order they were made."""
    orders = Order.objects.order_by("pk").values_list("status", flat=True)
    payments = Payment.objects.order_by("pk").values_list("status", flat=True)
    return list(orders), list(payments)


def messages_of(response):
    return [str(message) for message in response.wsgi_request._messages]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_start_writes_the_order_and_sends_the_shopper_to_pay(gateway, shopper, course, headers):
    other = create_course(price_minor=5900)
    shopper.wants(course)
    shopper.wants(other, seats=2)

    response = check_out(shopper, headers=headers)

    payment = Payment.objects.get()
    if headers:
        assert (response.status_code, response["HX-Redirect"]) == (200, payment.session_url)
    else:
        assert (response.status_code, response["Location"]) == (303, payment.session_url)
    assert statuses() == (["pending"], ["open"])
    lines = [
        (line.course, line.seat, line.price_minor, line.is_for_buyer)
        for line in payment.order.lines.order_by("pk")
    ]
    assert lines == [
        (course, 1, 3900, True),
        (other, 1, 5900, True),
        (other, 2, 5900, False),
    ]
    session = CheckoutSession.objects.get(pk=payment.session_id)
    assert (session.amount_total, session.currency) == (3900 + 2 * 5900, "usd")
    assert shopper.cart.items.count() == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_start_is_refused_from_another_site(gateway, shopper, course, headers):
    """The form has no token, so that no page with a cart sets a cookie: its origin is checked."""
    shopper.wants(course)

    response = check_out(shopper, headers=headers)

    assert response.status_code == 403
    assert statuses() == ([], [])


def test_start_outlives_a_sign_in_in_another_window(gateway, course):
    buyer = Client(enforce_csrf_checks=True)
    buyer.post("/cart/items/", {"course": course.slug})
    form = {"token": str(uuid4()), "shown": shown_to(buyer)}
    buyer.force_login(create_learner())

    response = buyer.post("/checkout/", form, headers={"Sec-Fetch-Site": "same-origin"})

    assert response.status_code == 303
    assert statuses() == (["pending"], ["open"])


def shown_to(client):
    """Return what the cart's form says of the cart that it was shown with."""
    page = client.get("/cart/").content.decode()
    return re.search(r'name="shown" value="(\w+)"', page)[1]


def test_cart_sets_no_cookie_for_its_forms(course):
    visitor = Client()
    visitor.post("/cart/items/", {"course": course.slug})

    for url in ("/cart/", "/", f"/courses/{course.slug}/"):
        visitor.get(url)

    assert "csrf" not in visitor.cookies


def test_start_may_ask_a_visitor_to_sign_in_and_come_back_to_the_cart(gateway, settings, course):
    """LESSONS 18: they come back to a page, not to a URL that only takes a POST."""
    settings.GUEST_CHECKOUT = False
    visitor = Client()
    visitor.post("/cart/items/", {"course": course.slug})

    response = visitor.post("/checkout/", {"token": str(uuid4())})

    assert (response.status_code, response["Location"]) == (303, "/accounts/login/?next=%2Fcart%2F")
    assert visitor.get("/checkout/").status_code == 405
    assert not Order.objects.exists()


def test_start_twice_from_one_page_makes_one_order(gateway, shopper, course):
    """LESSONS 7, fault 1: a double click."""
    shopper.wants(course)
    token = uuid4()

    first, second = check_out(shopper, token=token), check_out(shopper, token=token)

    assert first["Location"] == second["Location"]
    assert statuses() == (["pending"], ["open"])


def test_start_from_two_tabs_makes_one_order(gateway, shopper, course):
    """LESSONS 7, fault 3."""
    shopper.wants(course)

    first, second = check_out(shopper), check_out(shopper)

    assert first["Location"] == second["Location"]
    assert statuses() == (["pending"], ["open"])


@pytest.mark.parametrize("same_page", [True, False])
def test_start_at_the_same_moment_makes_one_order(gateway, shopper, course, same_page):
    """LESSONS 7, fault 2."""
    shopper.wants(course)
    token, starting_line = uuid4(), Barrier(4)

    def press(_):
        try:
            browser = Client()
            browser.force_login(shopper.user)
            starting_line.wait()
            return browser.post("/checkout/", {"token": str(token if same_page else uuid4())})
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))

    assert {answer.status_code for answer in answers} == {303}
    assert Order.objects.count() == Payment.objects.count() == CheckoutSession.objects.count() == 1
    assert {answer["Location"] for answer in answers} == {Payment.objects.get().session_url}


def test_start_with_another_cart_ends_the_old_session_first(gateway, shopper, course):
    """Fault 5."""
    shopper.wants(course)
    old_url = check_out(shopper)["Location"]
    shopper.wants(create_course())

    new_url = check_out(shopper)["Location"]

    assert new_url != old_url
    assert statuses() == (["expired", "pending"], ["expired", "open"])
    ended = CheckoutSession.objects.get(pk=Payment.objects.first().session_id)
    assert ended.status == "expired"


def test_start_with_another_cart_settles_what_was_paid_meanwhile(gateway, shopper, course):
    """Fault 6: the old session cannot be ended, because the shopper won the race."""
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    shopper.wants(create_course())

    response = check_out(shopper)

    order = Order.objects.get()
    assert response["Location"] == order.get_absolute_url()
    assert statuses() == (["paid"], ["paid"])
    assert shopper.cart.items.count() == 1


def test_start_after_paying_shows_the_order(gateway, shopper, course):
    """Fault 34: Back, and Pay once more."""
    shopper.wants(course)
    token = uuid4()
    pay_at(check_out(shopper, token=token)["Location"])

    response = check_out(shopper, token=token)

    assert response["Location"] == Order.objects.get().get_absolute_url()
    assert statuses() == (["paid"], ["paid"])


def test_start_again_after_the_session_expired_makes_a_new_order(gateway, shopper, course):
    shopper.wants(course)
    token = uuid4()
    check_out(shopper, token=token)
    payment = Payment.objects.get()
    client = gateway_client()
    client.v1.checkout.sessions.expire(payment.session_id)
    Payment.objects.update(expires_at=payment.created_at)

    response = check_out(shopper, token=token)

    assert statuses() == (["expired", "pending"], ["expired", "open"])
    assert response["Location"] == Payment.objects.last().session_url


def gateway_client():
    from checkout.gateways import stripe

    return stripe._client()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda s, c: s.cart.set_seats(c, 0), "Your cart is empty."),
        (lambda s, c: enroll(s.user, course=c), "already yours"),
        (lambda s, c: type(c).objects.update(status="archived"), "no longer for sale"),
        (lambda s, c: type(c).objects.update(price_minor=4900), "now $49"),
        (lambda s, c: make_price(s, c, 20), "Card payments start at $0.50"),
        (lambda s, c: make_price(s, c, 100_000_000), "more than one payment can carry"),
    ],
)
def test_start_refuses_a_cart_that_is_not_what_it_seems(gateway, shopper, course, spoil, sentence):
    """LESSONS 8, faults 17, 19, 21, 24: nothing is ordered, and the cart says why."""
    shopper.wants(course)
    spoil(shopper, course)

    response = check_out(shopper)

    assert (response.status_code, response["Location"]) == (303, "/cart/")
    [message] = messages_of(response)
    assert sentence in message
    assert statuses() == ([], [])


def make_price(shopper, course, minor):
    type(course).objects.update(price_minor=minor)
    shopper.cart.accept_prices()


def test_start_tells_of_a_new_price_once_and_then_takes_it(gateway, shopper, course):
    """Fault 19: no silent change, and no trap."""
    shopper.wants(course)
    type(course).objects.update(price_minor=4900)

    assert check_out(shopper)["Location"] == "/cart/"
    assert check_out(shopper)["Location"] == Payment.objects.get().session_url
    assert Order.objects.get().total_minor == 4900


def test_start_keeps_the_price_that_was_ordered(gateway, shopper, course):
    """LESSONS 10, fault 20: what is sold is written down, and never read again."""
    shopper.wants(course)
    url = check_out(shopper)["Location"]
    type(course).objects.update(price_minor=9900, title="Another name")

    pay_at(url)

    line = Order.objects.get().lines.get()
    assert (line.title, line.price_minor) == ("Bread from Scratch", 3900)
    assert statuses() == (["paid"], ["paid"])


def test_start_opens_free_courses_at_once(gateway, shopper):
    """A zero total never goes to a gateway, and settles through the same door."""
    shopper.wants(create_course(price_minor=0, lessons=1))

    response = check_out(shopper)

    order = Order.objects.get()
    assert response["Location"].endswith(order.get_absolute_url())
    assert statuses() == (["paid"], ["paid"])
    assert shopper.user.enrollments.active().count() == 1
    assert not CheckoutSession.objects.exists()


def test_start_without_an_answer_keeps_everything_and_can_be_repeated(
    gateway, settings, shopper, course
):
    """LESSONS 12, faults 7 to 10: the same key asks for the same session."""
    shopper.wants(course)
    working, settings.STRIPE_API_BASE = settings.STRIPE_API_BASE, "http://127.0.0.1:9"

    response = check_out(shopper)

    assert response["Location"] == "/cart/"
    assert messages_of(response) == [
        "We are still connecting to the payment service. You have not been charged. "
        "Please try again in a moment."
    ]
    assert statuses() == (["pending"], ["creating"])
    key = Payment.objects.get().idempotency_key

    settings.STRIPE_API_BASE = working
    assert check_out(shopper)["Location"] == Payment.objects.get().session_url
    assert statuses() == (["pending"], ["open"])
    assert Payment.objects.get().idempotency_key == key


def test_start_with_bad_keys_abandons_the_attempt(gateway, settings, shopper, course):
    """Fault 12: the cart is intact, and the next try is a new attempt."""
    shopper.wants(course)
    good, settings.STRIPE_SECRET_KEY = settings.STRIPE_SECRET_KEY, "not a key"

    response = check_out(shopper)

    assert messages_of(response) == [
        "Payments are not possible just now. Please try again later. Your cart is kept."
    ]
    assert statuses() == (["pending"], ["abandoned"])

    settings.STRIPE_SECRET_KEY = good
    assert check_out(shopper)["Location"] == Payment.objects.last().session_url
    assert statuses() == (["pending"], ["abandoned", "open"])


def test_start_without_keys_says_so(settings, shopper, course):
    settings.STRIPE_SECRET_KEY = ""
    shopper.wants(course)

    response = check_out(shopper)

    assert messages_of(response) == ["This shop cannot take payments yet. Your cart is kept."]
    assert statuses() == ([], [])


@pytest.mark.parametrize("token", ["", "no token", "'; drop table", "0" * 5000])
def test_start_with_a_garbled_token_still_orders_once(gateway, shopper, course, token):
    """LESSONS 13."""
    shopper.wants(course)

    answers = [shopper.client.post("/checkout/", {"token": token}) for _ in range(2)]

    assert answers[0]["Location"] == answers[1]["Location"] == Payment.objects.get().session_url


def test_start_calls_the_gateway_outside_of_any_transaction(gateway, shopper, course):
    """LESSONS 12: with the order committed, a crash loses nothing."""
    shopper.wants(course)

    check_out(shopper)

    # The sandbox, in another thread with a connection of its own, answered while the shop waited:
    # had the order's rows been locked, or not been there, the webhook could not have settled.
    pay_at(Payment.objects.get().session_url)
    assert statuses() == (["paid"], ["paid"])
