"""Faults 16 to 30: what is bought, at which price, by whom, and what changes meanwhile."""

from functools import partial
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db.models import ProtectedError
from django.test import Client

from checkout.models import Order, OrderLine, Payment
from checkout.sandbox.models import CheckoutSession, IdempotentRequest
from project.models import OutboundMail
from tests.accounts.letters import as_sent
from tests.checkout.faults.acting_starting import (
    BREAD,
    another_browser,
    books,
    bought,
    only,
    refused_by,
    send_refunds,
    stop_before_the_call,
    text_at,
    waiting,
)
from tests.checkout.paying import pay_at
from tests.checkout.test_cart_merging import sign_in_with
from tests.checkout.test_start import check_out
from tests.factories import create_course, create_learner, enroll

pytestmark = pytest.mark.django_db(transaction=True)


def assert_refused(shopper, sentence):
    """Press the button; assert that it leads back to the cart, which says why."""
    response = check_out(shopper)

    assert (response.status_code, response["Location"]) == (303, "/cart/")
    assert sentence in text_at(shopper.client, "/cart/")


def protectors_of(thing):
    """Try to delete it; return what keeps it from being deleted."""
    with pytest.raises(ProtectedError) as refusal:
        thing.delete()
    return refusal.value.protected_objects


def test_fault_16_zero_total_is_settled_without_the_gateway(gateway, shopper):
    """Nobody is asked for money, and the order goes through the same door as any other."""
    shopper.wants(create_course(price_minor=0, lessons=1))

    response = check_out(shopper)

    order = Order.objects.get()
    assert response["Location"].endswith(order.get_absolute_url())
    assert books() == bought(sessions=[], ledger=[0])
    assert Payment.objects.get().gateway == "free"
    assert not IdempotentRequest.objects.exists()
    assert "Start lesson 1" in text_at(shopper.client, order.get_absolute_url())


def test_fault_17_total_below_the_minimum_is_refused_at_the_cart(gateway, shopper):
    """The cart says what the least is; nothing was ordered."""
    shopper.wants(create_course(title="Crumbs", price_minor=49))

    assert_refused(shopper, "Card payments start at $0.50. Please add another course")

    assert books() == only(cart=["Crumbs"])


def test_fault_19_new_price_is_shown_before_it_is_asked_for(gateway, shopper, course):
    """The first press shows the new price and orders nothing; the second one orders at it."""
    shopper.wants(course)
    type(course).objects.update(price_minor=4900)

    assert_refused(shopper, f"“{BREAD}”: now $49")
    assert books() == only(cart=[BREAD])

    url = check_out(shopper)["Location"]
    assert books() == waiting()
    assert OrderLine.objects.get().price_minor == 4900
    assert CheckoutSession.objects.get().amount_total == 4900
    assert url == Payment.objects.get().session_url


def test_fault_20_price_that_was_ordered_is_honored(gateway, shopper, course):
    """What costs more by the time it is paid was sold for what the order says."""
    shopper.wants(course)
    url = check_out(shopper)["Location"]
    type(course).objects.update(price_minor=9900, title="Another name")

    pay_at(url)

    assert books() == bought()
    line = OrderLine.objects.get()
    assert (line.title, line.price_minor, line.order.total_minor) == (BREAD, 3900, 3900)
    assert f"{BREAD}: $39" in as_sent(OutboundMail.objects.get()).text


def test_fault_21_course_that_is_no_longer_sold_is_not_ordered(gateway, shopper, course):
    """The cart names it, and offers no way to pay until it is taken out."""
    shopper.wants(course)
    course.archive()

    assert_refused(shopper, f"“{BREAD}”: no longer for sale")

    assert books() == only(cart=[BREAD])
    page = text_at(shopper.client, "/cart/")
    assert "No longer for sale." in page
    assert 'id="check-out"' not in page


def test_fault_22_course_that_is_archived_while_it_is_paid_is_delivered(gateway, shopper, course):
    """Its learners keep it, and so does who pays for it; to delete it is refused."""
    shopper.wants(course)
    url = check_out(shopper)["Location"]
    course.archive()
    assert protectors_of(course) == {OrderLine.objects.get()}

    pay_at(url)

    assert books() == bought()
    assert OrderLine.objects.get().outcome == "granted"
    page = text_at(shopper.client, Order.objects.get().get_absolute_url())
    assert "Start lesson 1" in page
    assert BREAD in text_at(shopper.client, f"/library/{course.slug}/")


def test_fault_24_course_that_is_owned_leaves_the_cart(gateway, shopper, course):
    """Pressing Pay orders nothing: the visitor reads that it is theirs, and it is out."""
    shopper.wants(course, create_course(title="Cheese"))
    enroll(shopper.user, course=course)

    assert_refused(shopper, f"“{BREAD}”: already yours")

    assert books() == only(cart=["Cheese"], seats=["active"])
    assert check_out(shopper)["Location"] == Payment.objects.get().session_url
    assert Order.objects.get().total_minor == 3900


def test_fault_25_course_that_is_given_while_it_is_paid_is_refunded(gateway, shopper, course):
    """The line is marked as owned, and its price goes back by itself."""
    shopper.wants(course, create_course(title="Cheese", price_minor=5900))
    url = check_out(shopper)["Location"]
    enroll(shopper.user, course=course)

    pay_at(url)
    send_refunds()

    assert books() == bought(
        ledger=[9800, -3900],
        seats=["active", "active"],
        letters=["owned", "receipt", "refunded"],
    )
    outcomes = list(OrderLine.objects.order_by("pk").values_list("outcome", "refund__status"))
    assert outcomes == [("already_owned", "succeeded"), ("granted", None)]
    page = text_at(shopper.client, Order.objects.get().get_absolute_url())
    assert "You had this one already." in page
    refused_by("one_current_enrollment", partial(enroll, shopper.user, course=course))


def test_fault_26_cart_that_comes_along_changes_no_order(gateway, shopper, course):
    """Signed in elsewhere with a cart: it is merged, and the order keeps its lines and address."""
    shopper.wants(course)
    url = check_out(shopper)["Location"]
    other_tab = Client()
    other_tab.post("/cart/items/", {"course": create_course(title="Cheese").slug})
    visitors_cart = other_tab.session["cart"]

    sign_in_with(type(shopper.cart).objects.get(pk=visitors_cart), shopper.user)
    assert books() == waiting(cart=[BREAD, "Cheese"])
    pay_at(url)

    assert books() == bought(cart=["Cheese"])
    order = Order.objects.get()
    assert (order.user, order.email) == (shopper.user, shopper.user.email)
    assert order.lines.get().enrollment.learner == shopper.user


def test_fault_27_signed_out_at_the_gateway_signs_in_to_open(gateway, shopper, course):
    """The landing says that what was paid waits, and nothing of who bought what."""
    shopper.wants(course)
    url = check_out(shopper)["Location"]
    shopper.client.logout()

    landing = pay_at(url).headers["Location"]

    assert books() == bought()
    response = shopper.client.get(landing, follow=True)
    page = response.content.decode()
    order = Order.objects.get()
    came_back_to = quote(order.get_absolute_url(), safe="")
    assert response.redirect_chain == [(f"/accounts/login/?next={came_back_to}", 303)]
    assert "If you have paid, your courses are waiting for you." in page
    told = [text for text in (shopper.user.email, BREAD, order.number) if text in page]
    assert told == []
    assert "Start lesson 1" in text_at(another_browser(shopper.user), order.get_absolute_url())


@pytest.mark.parametrize("has_account", [True, False])
def test_fault_28_order_without_an_account_is_claimed(gateway, shopper, course, has_account):
    """Who reads the mail claims the order; an address that was only typed gets nothing by itself.

    What is said of it is the same whether the address has an account or not.
    """
    address = "somebody@example.com"
    account = create_learner(email=address) if has_account else None
    visitor = Client()
    visitor.post("/cart/items/", {"course": course.slug})
    url = visitor.post("/checkout/", {"token": str(uuid4()), "email": address})["Location"]

    landing = pay_at(url).headers["Location"]

    assert books() == bought(seats=["unclaimed"])
    assert "Start lesson 1" in text_at(visitor, landing)
    assert "Start lesson 1" not in text_at(Client(), landing)
    order, receipt = Order.objects.get(), OutboundMail.objects.get()
    assert (order.user, receipt.to) == (None, address)
    letter = as_sent(receipt)
    assert [order.get_absolute_url() in body for body in (letter.text, letter.html)] == [True] * 2
    assert f"/library/{course.slug}/" not in letter.text

    account = account or create_learner(email=address)
    another_browser(account).post(f"{order.get_absolute_url()}claim/")

    seat = OrderLine.objects.get().enrollment
    assert (seat.status, seat.learner) == ("active", account)
    assert Client().get(landing)["Location"].startswith("/accounts/login/")


def test_fault_29_address_typed_at_the_gateway_decides_nothing(gateway, shopper, course):
    """Ours is the customer's; the gateway's is kept for support."""
    typed = create_learner(email="ada@example.com")
    shopper.wants(course)
    payment = stop_before_the_call(shopper)
    del payment.request["customer_email"]  # with it, nothing else could be typed
    payment.save()

    pay_at(check_out(shopper)["Location"])

    assert books() == bought()
    order, payment = Order.objects.get(), Payment.objects.get()
    assert (order.email, payment.customer_email) == (shopper.user.email, typed.email)
    assert OutboundMail.objects.get().to == shopper.user.email
    assert [shopper.user.enrollments.count(), typed.enrollments.count()] == [1, 0]


def test_fault_30_account_with_an_order_cannot_be_deleted(gateway, shopper, course):
    """The order stays whose it is, and is settled."""
    shopper.wants(course)
    url = check_out(shopper)["Location"]

    assert protectors_of(shopper.user) == {Order.objects.get()}
    pay_at(url)

    assert books() == bought()
    assert Order.objects.get().user == shopper.user
