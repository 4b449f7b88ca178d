"""The order's page: waiting, then unlocked; and whose it is."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Order, Payment, PaymentStatus
from checkout.polling import BRISK, PATIENT
from checkout.settlement import settle
from project.written import day
from tests.checkout.conftest import HTMX
from tests.checkout.paying import DECLINED, pay_at
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.checkout.test_start import check_out
from tests.factories import create_course, create_learner

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shopper, course):
    """An order of the shopper's that waits for its money."""
    order = create_order(buyer=shopper.user, courses=[course])
    create_payment(order=order)
    return order


def text_of(response):
    return " ".join(response.content.decode().split())


def poll_url(client, order):
    """Return the address that the order's page polls."""
    page = text_of(client.get(order.get_absolute_url()))
    start = page.index('hx-get="/orders/') + len('hx-get="')
    return page[start : page.index('"', start)].replace("&amp;", "&")


def poll(client, order, url=None):
    return client.get(url or poll_url(client, order), headers=HTMX)


def test_waiting_page_polls_and_reloads_itself_without_javascript(shopper, order):
    """LESSONS 14."""
    page = text_of(shopper.client.get(order.get_absolute_url()))

    assert 'hx-trigger="every 2s, poll-now"' in page
    assert f'http-equiv="refresh" content="3; url={order.get_absolute_url()}?t=' in page
    assert "Start lesson 1" not in page


def test_poll_answers_204_while_nothing_has_changed(shopper, order, django_assert_num_queries):
    url = poll_url(shopper.client, order)

    # session, person, order
    with django_assert_num_queries(3):
        response = poll(shopper.client, order, url)

    assert (response.status_code, response.content) == (204, b"")


def test_poll_flips_once_the_money_is_there(shopper, order):
    """The unlocked contents, the emptied cart and one announcement; no trigger any more."""
    url = poll_url(shopper.client, order)
    payment = order.payments.get()
    settle(payment.pk, snapshot_of(payment))

    response = poll(shopper.client, order, url)

    text = text_of(response)
    assert response.status_code == 200
    assert "<html" not in text
    assert "Start lesson 1" in text
    assert "hx-trigger" not in text
    assert "Nothing here yet" in text
    assert text.count("Paid. Your courses are open.") == 1
    page = text_of(shopper.client.get(order.get_absolute_url()))
    assert "Start lesson 1" in page
    assert "http-equiv" not in page


@pytest.mark.parametrize("courses", [1, 10, 30])
def test_flip_takes_as_many_queries_for_any_order(shopper, courses, django_assert_num_queries):
    """LESSONS 15."""
    wanted = [create_course(lessons=2) for _ in range(courses)]
    order = create_order(buyer=shopper.user, courses=wanted)
    payment = create_payment(order=order)
    url = poll_url(shopper.client, order)
    settle(payment.pk, snapshot_of(payment))

    # session, person, order, lines, payment, outlines, what is in the cart
    with django_assert_num_queries(7):
        assert "Start lesson 1" in text_of(poll(shopper.client, order, url))


def test_page_names_the_day_until_which_a_course_is_open(shopper):
    course = create_course(access_days=30)
    order = create_order(buyer=shopper.user, courses=[course])
    payment = create_payment(order=order)
    settle(payment.pk, snapshot=snapshot_of(payment))

    page = text_of(shopper.client.get(order.get_absolute_url()))

    ends_at = order.lines.get().enrollment.ends_at
    assert f"Yours until {day(ends_at)}." in page
    assert "Open for good" not in page


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(0, "every 2s"), (BRISK + 1, "every 5s"), (PATIENT + 1, "This takes longer than usual")],
)
def test_poll_slows_down_and_ends_with_a_helpful_text(shopper, order, seconds, state):
    """LESSONS 14: it backs off, and never ends in an alert."""
    since = int(time.time()) - seconds
    url = f"/orders/{order.reference}/status/?v=0&t={since}&s=0"

    text = text_of(poll(shopper.client, order, url))

    assert state in text
    assert ("hx-trigger" in text) is (seconds < PATIENT)


@pytest.mark.parametrize(
    "query", ["", "v=x&t=y&s=z", "v=-1&t=-1&s=-1", "t=99999999999999999999", "v=%00&t=1e9&s=²"]
)
def test_poll_takes_any_garbage(shopper, order, query):
    """LESSONS 13."""
    response = poll(shopper.client, order, f"/orders/{order.reference}/status/?{query}")

    assert response.status_code == 200
    assert "Confirming your payment" in text_of(response)


def test_poll_of_somebody_signed_out_ends_with_a_way_to_sign_in(shopper, order):
    """LESSONS 14, fault 75: never a redirect, and nothing of the order."""
    url = poll_url(shopper.client, order)

    response = poll(Client(), order, url)

    text = text_of(response)
    assert response.status_code == 200
    assert f"/accounts/login/?next={order.get_absolute_url()}" in text
    assert "hx-trigger" not in text
    assert order.email not in text


def test_order_of_somebody_else_is_not_found(order):
    """LESSONS 6, 14, 15, fault 71: like one that does not exist."""
    other = Client()
    other.force_login(create_learner())

    for reference in (order.reference, "x" * 20):
        page = other.get(f"/orders/{reference}/")
        check = other.post(f"/orders/{reference}/check/")
        status = other.get(f"/orders/{reference}/status/", headers=HTMX)
        assert (page.status_code, check.status_code, status.status_code) == (404, 404, 200)
        assert "Sign in to see this order" in text_of(status)


def test_order_page_asks_a_stranger_to_sign_in_and_come_back(order):
    response = Client().get(order.get_absolute_url())

    query = parse_qs(urlsplit(response["Location"]).query)
    assert (response.status_code, query) == (303, {"next": [order.get_absolute_url()]})


def test_opening_the_order_page_grants_nothing(shopper, order):
    """LESSONS 6: the way back from paying proves no payment."""
    for query in ("", "?paid=1", "?session_id=cs_test_x", "?status=complete"):
        shopper.client.get(order.get_absolute_url() + query)

    order.refresh_from_db()
    assert order.status == "pending"
    assert not shopper.user.enrollments.exists()


@pytest.mark.django_db(transaction=True)
def test_order_page_settles_when_the_webhook_never_comes(gateway, shopper, course):
    """LESSONS 5, fault 45: the webhook gets a head start, then the page asks."""
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    order = Order.objects.get()

    assert "Confirming your payment" in text_of(shopper.client.get(order.get_absolute_url()))
    let_time_pass(order)
    assert "Start lesson 1" in text_of(shopper.client.get(order.get_absolute_url()))

    order.refresh_from_db()
    assert order.status == "paid"


def let_time_pass(order):
    order.payments.update(last_checked_at=timezone.now() - timezone.timedelta(seconds=10))


@pytest.mark.django_db(transaction=True)
def test_check_asks_now_and_flips(gateway, shopper, course):
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    order = Order.objects.get()
    url = f"/orders/{order.reference}/check/"
    shopper.client.get(order.get_absolute_url())
    let_time_pass(order)

    assert "Start lesson 1" in text_of(shopper.client.post(url, headers=HTMX))
    assert shopper.client.post(url)["Location"] == order.get_absolute_url()


def test_order_page_reloaded_a_hundred_times_asks_once(shopper, order, settings, caplog):
    """Faults 73, 74: and while the gateway is down, the page goes on waiting."""
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    shopper.client.get(order.get_absolute_url())
    let_time_pass(order)

    for _ in range(5):
        assert "Confirming" in text_of(shopper.client.get(order.get_absolute_url()))

    asked = [record for record in caplog.records if "could not be checked" in record.message]
    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
def test_decline_ends_in_a_purchase_with_another_card_in_the_same_session(gateway, shopper, course):
    """Fault 31."""
    shopper.wants(course)
    url = check_out(shopper)["Location"]

    assert pay_at(url, card=DECLINED).status_code == 402
    assert Order.objects.get().status == "pending"
    assert pay_at(url).status_code == 303

    assert (Order.objects.get().status, Payment.objects.count()) == ("paid", 1)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda p: p.fail("No."), "The payment did not go through"),
        (lambda p: p.order.expire(), "This order was closed"),
        (lambda p: p.order.cancel(), "This order was canceled"),
        (lambda p: p.order.hold("amount_mismatch"), "We are looking at your payment"),
        (lambda p: p.order.start_processing(), "Your bank is confirming"),
    ],
)
def test_order_page_says_how_it_stands(shopper, course, spoil, sentence):
    order = create_order(buyer=shopper.user, courses=[course])
    payment = create_payment(order=order, status=PaymentStatus.PROCESSING)
    spoil(payment)

    page = text_of(shopper.client.get(order.get_absolute_url()))

    assert sentence in page
    assert "every 2s" not in page


def test_canceled_return_shows_the_cart_as_it_was(shopper, order):
    """LESSONS 9: nothing is canceled by coming back; the other tab may pay."""
    page = text_of(shopper.client.get(f"/cart/?canceled={order.reference}"))

    assert "You came back without paying. Nothing was charged" in page
    assert order.lines.get().title in page
    order.refresh_from_db()
    assert order.status == "pending"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_order_list_shows_mine(shopper, order, headers):
    theirs = create_order()

    response = shopper.client.get("/orders/", headers=headers)

    text = text_of(response)
    assert ("<html" in text) is not bool(headers)
    assert order.number in text
    assert theirs.get_absolute_url() not in text
    assert "HX-Request" in response["Vary"]
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("orders", [1, 10, 30])
def test_order_list_takes_as_many_queries_for_any_number(
    shopper, orders, django_assert_num_queries
):
    """LESSONS 15: and it is paged."""
    for _ in range(orders):
        create_order(buyer=shopper.user, with_cart=False)

    # session, person, what waits for them, count, orders, lines, payments
    with django_assert_num_queries(7):
        response = shopper.client.get("/orders/", headers=HTMX)

    assert text_of(response).count("<article") == min(orders, 20)
