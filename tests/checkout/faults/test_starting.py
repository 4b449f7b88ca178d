"""Faults 1 to 15: pressing "Check out", and asking the gateway for a session."""

import time
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from checkout import opening, placing
from checkout.gateways import gateway_named
from checkout.models import Order, OrderLine, Payment
from checkout.models.payment import request_hash
from checkout.sandbox import debits, faults, webhooks
from checkout.sandbox.models import CheckoutSession, Fault, IdempotentRequest
from project.models import OutboundMail
from tests.checkout.faults.acting_starting import (
    BREAD,
    CREATE,
    another_attempt,
    another_browser,
    at_once,
    books,
    bought,
    only,
    pay_by_bank,
    refused_by,
    send_refunds,
    stop_before_the_call,
    sweep,
    tell_the_shop,
    text_at,
    waiting,
)
from tests.checkout.paying import pay_at
from tests.checkout.shop import create_order
from tests.checkout.test_start import check_out
from tests.factories import create_course

pytestmark = pytest.mark.django_db(transaction=True)

NOT_CHARGED = "You have not been charged. Please try again in a moment."
CONNECTING = f"We are still connecting to the payment service. {NOT_CHARGED}"
BUSY = f"The payment service is busy. {NOT_CHARGED}"
IMPOSSIBLE = "Payments are not possible just now. Please try again later. Your cart is kept."


@pytest.fixture
def impatient(monkeypatch):
    """Wait a moment where people may wait for seconds."""
    monkeypatch.setattr(opening, "PATIENCE", 0.2)
    monkeypatch.setattr(opening, "GLANCE", 0.05)


def assert_back_at_the_cart(shopper, response, message):
    assert (response.status_code, response["Location"]) == (303, "/cart/")
    assert message in text_at(shopper.client, "/cart/")


def assert_sent_to_pay(response):
    assert response.status_code == 303
    assert response["Location"] == Payment.objects.latest("pk").session_url != ""


def test_fault_01_double_click_is_one_order(gateway, shopper, course):
    """The same page sent twice: the same order, the same payment, the same way to pay."""
    shopper.wants(course)
    token = uuid4()

    first, second = check_out(shopper, token=token), check_out(shopper, token=token)

    assert_sent_to_pay(first)
    assert second["Location"] == first["Location"]
    assert books() == waiting()
    order = Order.objects.get()
    assert order.checkout_token == token
    refused_by(
        "order_checkout_token_once",
        lambda: Order.objects.filter(pk=create_order().pk).update(checkout_token=token),
    )
    refused_by("one_live_payment_per_order", partial(another_attempt, order))


def forget_the_session():
    """Be where the gateway has made a session, and the shop has not heard of it."""
    Payment.objects.update(status="creating", session_id=None, session_url="")


def test_fault_02_two_requests_at_once_are_one_order(gateway, shopper, course, monkeypatch):
    """One of them makes the order; the other waits for its session, and leads there as well.

    If it takes too long, the other says that the shop is busy, and the next press leads there.
    """
    shopper.wants(course)
    token = str(uuid4())

    def press():
        return another_browser(shopper.user).post("/checkout/", {"token": token})["Location"]

    def press_later():
        time.sleep(1.2)
        return press()

    answers = at_once(press, press)
    url = Payment.objects.get().session_url
    assert (answers, books()) == ([url, url], waiting())

    forget_the_session()
    faults.switch_on(CREATE, Fault.KEY_IN_USE, times=2)  # the SDK itself asks twice
    assert at_once(press, press_later) == [url, url]

    forget_the_session()
    monkeypatch.setattr(opening, "PATIENCE", 0.1)
    faults.switch_on(CREATE, Fault.KEY_IN_USE)  # as long as the first one takes
    assert_back_at_the_cart(shopper, check_out(shopper), BUSY)
    assert books() == waiting(payments=["creating"])
    faults.switch_off()
    assert (press(), books()) == (url, waiting())


def test_fault_03_two_tabs_are_one_order(gateway, shopper, course):
    """Each tab has a token of its own; the cart is the same, so the order is."""
    shopper.wants(course)

    first, second = check_out(shopper), check_out(shopper)

    assert_sent_to_pay(first)
    assert second["Location"] == first["Location"]
    assert books() == waiting()
    refused_by("one_live_order_per_cart", lambda: create_order(buyer=shopper.user))


def test_fault_04_course_bought_twice_by_one_person_is_refunded_once(gateway, shopper, course):
    """Both orders are paid; the one whose money comes second gives that course's price back."""
    shopper.wants(course)
    pay_by_bank(check_out(shopper)["Location"])
    cheese = create_course(title="Cheese", price_minor=5900)
    shopper.wants(course, cheese)
    pay_at(check_out(shopper)["Location"])

    debits.succeed(Payment.objects.earliest("pk").session_id)
    tell_the_shop()
    send_refunds()

    assert books() == only(
        orders=["paid", "paid"],
        payments=["paid", "paid"],
        sessions=["complete", "complete"],
        fulfilled=["paid", "paid"],
        ledger=[9800, 3900, -3900],
        seats=["active", "active"],
        letters=["owned", "receipt", "receipt", "refunded", "waiting"],
    )
    outcomes = list(OrderLine.objects.order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["already_owned", "granted", "granted"]
    refused_by(
        "one_current_enrollment",
        lambda: shopper.user.enrollments.create(course=course, status="active", source="gift"),
    )


def test_fault_05_changed_cart_replaces_the_order(gateway, shopper, course):
    """The old session is ended before the new one is opened, so that one alone can be paid."""
    shopper.wants(course)
    old_url = check_out(shopper)["Location"]
    shopper.wants(create_course(title="Cheese"))

    response = check_out(shopper)

    assert_sent_to_pay(response)
    assert books() == waiting(
        orders=["expired", "pending"],
        payments=["expired", "open"],
        sessions=["expired", "open"],
        cart=[BREAD, "Cheese"],
    )
    assert pay_at(old_url).status_code == 410
    assert Order.objects.latest("pk").total_minor == 7800


def test_fault_06_changed_cart_settles_the_order_that_was_just_paid(gateway, shopper, course):
    """The old session cannot be ended any more: its order is shown, and no other one made."""
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    shopper.wants(create_course(title="Cheese"))

    response = check_out(shopper)

    assert response["Location"] == Order.objects.get().get_absolute_url()
    assert books() == bought(cart=["Cheese"])


@pytest.mark.parametrize("by", [check_out, lambda shopper: sweep(minutes=3)])
def test_fault_07_crash_before_the_call_is_made_up_for(gateway, shopper, course, by):
    """The next click, or the sweeper, sends the stored request with the stored key."""
    shopper.wants(course)
    payment = stop_before_the_call(shopper)
    assert books() == waiting(payments=["creating"], sessions=[])

    by(shopper)

    assert books() == waiting()
    assert_same_question(payment)
    assert_sent_to_pay(check_out(shopper))


def assert_same_question(payment):
    """Assert that the gateway was asked once, for what was written down, with its key."""
    asked = payment.idempotency_key, payment.request
    payment.refresh_from_db()
    assert (payment.idempotency_key, payment.request) == asked
    assert IdempotentRequest.objects.get().key == payment.idempotency_key
    session = CheckoutSession.objects.get(pk=payment.session_id)
    assert session.metadata == payment.request["metadata"]


@pytest.mark.parametrize("by", [check_out, lambda shopper: sweep(minutes=3)])
def test_fault_08_crash_after_the_call_finds_the_same_session(gateway, shopper, course, by):
    """The same key returns the same session; a webhook that comes first is matched by metadata."""
    shopper.wants(course)
    payment = stop_before_the_call(shopper)
    started = gateway_named("stripe").create(payment)
    assert books() == waiting(payments=["creating"])

    by(shopper)

    assert books() == waiting()
    assert_same_question(payment)
    assert payment.session_id == started.session_id
    forget_the_session()
    pay_at(started.url)
    assert books() == bought()


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.BROKEN_JSON])
def test_fault_09_timeout_is_no_failure(gateway, shopper, course, fault):
    """Whether it was done or not: the visitor is told so, and the next try has the same key."""
    shopper.wants(course)
    faults.switch_on(CREATE, fault, times=2)  # the SDK itself asks twice

    response = check_out(shopper)

    faults.switch_off()
    assert_back_at_the_cart(shopper, response, CONNECTING)
    made = [] if fault == Fault.TIMEOUT_BEFORE else ["open"]
    assert books() == waiting(payments=["creating"], sessions=made)
    assert_sent_to_pay(check_out(shopper))
    assert books() == waiting()
    assert_same_question(Payment.objects.get())


@pytest.mark.parametrize("fault", [Fault.ERROR_500_BEFORE, Fault.ERROR_500_AFTER])
def test_fault_10_error_500_is_asked_again_until_its_key_is_too_old(
    gateway, shopper, course, fault
):
    """Nobody knows what was done; then the attempt is given up, and the next has another number."""
    shopper.wants(course)
    faults.switch_on(CREATE, fault, times=1)

    for _ in range(2):  # a 500 is kept with its key, and told again
        assert_back_at_the_cart(shopper, check_out(shopper), CONNECTING)
        sweep(minutes=3)

    made = ["open"] if fault == Fault.ERROR_500_AFTER else []
    assert books() == waiting(payments=["creating"], sessions=made)
    assert IdempotentRequest.objects.get().key == Payment.objects.get().idempotency_key

    Payment.objects.update(expires_at=timezone.now() + timezone.timedelta(minutes=20))
    assert_sent_to_pay(check_out(shopper))

    assert books() == waiting(payments=["abandoned", "open"], sessions=[*made, "open"])
    assert [payment.attempt for payment in Payment.objects.all()] == [1, 2]


def test_fault_11_too_many_requests_are_asked_again_and_then_said(
    gateway, shopper, course, impatient
):
    """A short pause and the same key; after that the visitor is asked to try again."""
    shopper.wants(course)
    faults.switch_on(CREATE, Fault.TOO_MANY_REQUESTS, times=1)

    assert_sent_to_pay(check_out(shopper))
    assert books() == waiting()
    assert_same_question(Payment.objects.get())

    forget_the_session()
    faults.switch_on(CREATE, Fault.TOO_MANY_REQUESTS)
    assert_back_at_the_cart(shopper, check_out(shopper), BUSY)
    assert books() == waiting(payments=["creating"])


@pytest.mark.parametrize("fault", [Fault.BAD_KEY, Fault.FORBIDDEN])
def test_fault_12_wrong_keys_give_the_attempt_up_and_call_staff(gateway, shopper, course, fault):
    """A friendly page, an intact cart, one letter to staff; the next try is a new attempt."""
    shopper.wants(course)
    faults.switch_on(CREATE, fault, times=2)

    for attempts in (1, 2):
        assert_back_at_the_cart(shopper, check_out(shopper), IMPOSSIBLE)
        assert books() == waiting(
            payments=["abandoned"] * attempts, sessions=[], letters=["refused"]
        )

    assert_sent_to_pay(check_out(shopper))
    assert books() == waiting(payments=["abandoned", "abandoned", "open"], letters=["refused"])


def test_fault_13_refused_request_is_caught_before_or_told_to_staff(
    gateway, shopper, course, monkeypatch
):
    """What the gateway would refuse, the shop refuses first; what comes all the same is told."""
    shopper.wants(create_course(title="Crumbs", price_minor=49))
    too_little = "Card payments start at $0.50. Please add another course to your cart."
    assert_back_at_the_cart(shopper, check_out(shopper), too_little)
    monkeypatch.setattr(placing, "MAX_COURSES", 1)
    shopper.wants(course)
    too_many = "One order holds at most 1 different courses. Please order in two parts."
    assert_back_at_the_cart(shopper, check_out(shopper), too_many)
    assert books() == only(cart=["Crumbs", BREAD])

    shopper.cart.items.filter(course__title="Crumbs").delete()
    payment = stop_before_the_call(shopper)
    payment.request["line_items"][0]["price_data"]["unit_amount"] = 49
    payment.save()

    assert_back_at_the_cart(shopper, check_out(shopper), IMPOSSIBLE)

    assert books() == waiting(payments=["abandoned"], sessions=[], letters=["refused"])
    assert "amount_too_small" in OutboundMail.objects.get().text


def test_fault_14_key_never_has_two_meanings(gateway, shopper, course):
    """What is asked is frozen with its key; should it be changed, staff are told, nobody pays."""
    shopper.wants(course)
    payment = stop_before_the_call(shopper)
    gateway_named("stripe").create(payment)
    type(course).objects.update(price_minor=4900)
    assert payment.request_hash == request_hash(Payment.objects.get().request)
    refused_by(
        "idempotency_key",
        lambda: another_attempt(create_order(), idempotency_key=payment.idempotency_key),
    )

    type(course).objects.update(price_minor=3900)
    payment.request["client_reference_id"] = "another"
    payment.save()

    assert_back_at_the_cart(shopper, check_out(shopper), IMPOSSIBLE)
    assert books() == waiting(payments=["abandoned"], letters=["refused"])
    assert "IdempotencyError" in OutboundMail.objects.get().text


def test_fault_15_session_that_would_end_too_soon_is_asked_for_anew(gateway, shopper, course):
    """Our clock is behind the gateway's: a new attempt with a later end, and nobody notices."""
    shopper.wants(course)
    payment = stop_before_the_call(shopper)
    soon = (timezone.now() + timezone.timedelta(minutes=40)).replace(microsecond=0)
    payment.request["expires_at"], payment.expires_at = int(soon.timestamp()), soon
    payment.save()
    webhooks.shift_clock(15 * 60)

    assert_sent_to_pay(check_out(shopper))

    assert books() == waiting(payments=["abandoned", "open"])
    new = Payment.objects.latest("attempt")
    assert new.expires_at - timezone.now() > timezone.timedelta(hours=11)
    assert new.request["expires_at"] == int(new.expires_at.timestamp())
