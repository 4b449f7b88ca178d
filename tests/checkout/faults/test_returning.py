"""Faults 71 to 76: the way back from paying, for owners and strangers, in any weather."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event as Signal

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from checkout import settling
from checkout.models import Order, Payment
from checkout.sandbox import faults, webhooks
from checkout.sandbox.models import Fault
from tests.checkout.conftest import HTMX, create_shopper
from tests.checkout.faults.acting_telling import (
    BOUGHT,
    UNPAID,
    answers,
    books,
    buy,
    count_calls,
    inbox,
    order_page,
    tell_again,
)
from tests.checkout.test_orders import let_time_pass, poll_url, text_of
from tests.factories import create_course

pytestmark = pytest.mark.django_db(transaction=True)

RETRIEVE = "checkout.sessions.retrieve"


@pytest.fixture(autouse=True)
def shop(gateway, settings):
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_of_the_tests"]


@pytest.fixture
def unheard(shopper, course):
    """The order of a payment that was made while webhooks were held back."""
    webhooks.switch(is_holding=True)
    order = buy(shopper, course).order
    webhooks.switch(is_holding=False)
    return order


def pages_of(order):
    """Return what there is at an order's address, each as a method and a path."""
    page = order.get_absolute_url()
    return [("get", page), ("post", f"{page}check/"), ("post", f"{page}payment/")]


def test_fault_71_landing_is_opened_by_a_stranger(shopper, unheard):
    """Somebody else finds nothing, a visitor signs in first, and the gateway is not asked."""
    let_time_pass(unheard)
    calls, stranger, visitor = count_calls("*"), create_shopper().client, Client()
    session = f"?session_id={Payment.objects.get().session_id}"

    for method, path in pages_of(unheard):
        for query in ("", session):
            assert getattr(stranger, method)(path + query).status_code == 404
            answer = getattr(visitor, method)(path + query)
            assert answer["Location"].startswith("/accounts/login/?next=")
    guessed = unheard.reference[:-1] + ("a" if unheard.reference[-1] != "a" else "b")
    for reference in (guessed, Payment.objects.get().session_id, str(unheard.pk)):
        assert shopper.client.get(f"/orders/{reference}/").status_code == 404

    assert (books(), calls()) == (UNPAID, 0)
    assert "Start lesson 1" in order_page(shopper, seconds_later=10)
    assert books() == BOUGHT


def test_fault_72_landing_names_the_session_of_another_order(shopper, unheard):
    """Only the order's own payment is asked about; what is said of another one counts nothing."""
    other = create_shopper()
    foreign = Payment.objects.get().session_id
    webhooks.switch(is_holding=True)
    mine = buy(other, create_course(lessons=1)).order
    let_time_pass(mine)

    for name in ("session_id", "session", "payment"):
        other.client.get(f"{mine.get_absolute_url()}?{name}={foreign}")

    assert Order.objects.get(pk=mine.pk).status == "paid"
    unheard.refresh_from_db()
    assert (unheard.status, unheard.version, unheard.payments.get().status) == (
        "pending",
        1,
        "open",
    )
    assert not shopper.user.enrollments.exists()


def test_fault_73_landing_is_reloaded_a_hundred_times(shopper, course, unheard):
    """The gateway is asked once in three seconds at most, and not at all once all is settled."""
    faults.switch_on(RETRIEVE, Fault.ERROR_500_BEFORE, times=1)
    calls = count_calls(RETRIEVE)
    order_page(shopper)
    let_time_pass(unheard)
    began = time.monotonic()

    page = unheard.get_absolute_url()
    answers = [shopper.client.get(page, headers=HTMX) for _ in range(100)]

    # The first question was the one that failed, which is not counted.
    assert calls() <= (time.monotonic() - began) // 3
    assert "Confirming your payment" in text_of(answers[0])
    assert "Start lesson 1" in order_page(shopper, seconds_later=10)
    asked = calls()
    for _ in range(5):
        assert "Start lesson 1" in order_page(shopper, seconds_later=10)
    assert calls() == asked
    assert books() == BOUGHT


def test_fault_74_gateway_is_down_while_the_buyer_lands(shopper, unheard):
    """The page goes on waiting and polling, without a word of error; then it flips."""
    order_page(shopper)
    faults.switch_on("*", Fault.ERROR_500_BEFORE)

    page = order_page(shopper, seconds_later=10)

    assert "Confirming your payment" in page
    assert 'hx-trigger="every 2s, poll-now"' in page
    assert books() == UNPAID
    faults.switch_off()
    assert "Start lesson 1" in order_page(shopper, seconds_later=10)
    assert books() == BOUGHT


@pytest.mark.parametrize("is_gone", [True, False])
def test_fault_75_poll_comes_after_logout_or_of_an_order_that_is_gone(shopper, unheard, is_gone):
    """A panel that polls no more, with a way to sign in and back; never a redirect.

    htmx ends a poll at 286 or when the trigger is gone: here it is gone.
    """
    url = poll_url(shopper.client, unheard)
    if is_gone:
        url = url.replace(unheard.reference, "x" * 20)
    else:
        shopper.client.logout()

    answer = shopper.client.get(url, headers=HTMX)

    text, page = text_of(answer), url.partition("status/")[0]
    assert answer.status_code == 200
    assert "hx-trigger" not in text
    assert f'href="/accounts/login/?next={page}"' in text
    assert shopper.user.email not in text
    assert books() == UNPAID


@contextmanager
def held_by_another(order, *, seconds=None):
    """Have another process hold the order's lock, until the end or for so long."""
    has_lock, done = Signal(), Signal()

    def hold():
        try:
            with transaction.atomic():
                Order.objects.locked().get(pk=order.pk)
                has_lock.set()
                done.wait(seconds or 30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        has_lock.wait(5)
        yield
        done.set()


@pytest.mark.parametrize(
    ("seconds", "first_answer", "outcome"), [(1, [200], BOUGHT), (None, [500], UNPAID)]
)
def test_fault_76_lock_does_not_come(unheard, monkeypatch, seconds, first_answer, outcome):
    """It is tried three times at once, then given back to be delivered again; nothing is halved."""
    monkeypatch.setattr(settling, "LOCK_TIMEOUT", "400ms")
    began = time.monotonic()

    with held_by_another(unheard, seconds=seconds):
        webhooks.release()
        assert answers()[:1] == first_answer
        assert books() == outcome

    assert time.monotonic() - began < 4
    tell_again()
    assert books() == BOUGHT
    assert [state for _, state, _ in inbox()] == ["done"]


def test_locks_are_taken_in_one_order(shopper, unheard):
    """Fault 76: carts, order, payment: two that settle never wait in a circle.

    Seats are made last, in the order of their courses.
    """
    let_time_pass(unheard)

    with CaptureQueriesContext(connection) as seen:
        order_page(shopper)

    locked = [table for query in seen for table in tables_locked_by(query["sql"])]
    assert locked == ["checkout_cart", "checkout_order", "checkout_payment"]
    assert (inbox(), books()) == ([], BOUGHT)


def tables_locked_by(sql):
    """Return the tables whose rows a query locks, in the order in which it does."""
    before, clause, named = sql.partition("FOR NO KEY UPDATE")
    if not clause:
        return []
    return re.findall(r'"(\w+)"', named) or re.findall(r'FROM "(\w+)"', before)[:1]
