"""Carts, live orders and the shelf of somebody who bought here and signs in."""

from uuid import uuid4

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from checkout.carts import SESSION_KEY
from checkout.merging import end_order
from checkout.models import Cart, Order, Payment
from checkout.placing import CartNeedsAttention, place_order
from checkout.settlement import settle
from tests.checkout.claiming import claim, person_at_browser, seats, sign_in_by_code, together
from tests.checkout.guests import ADA, Browser, create_person
from tests.checkout.shop import snapshot_of
from tests.checkout.test_cart_merging import sign_in_with
from tests.checkout.test_orders import text_of
from tests.checkout.test_start import statuses
from tests.factories import create_course, enroll

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(memory_gateway):
    return Browser(memory_gateway)


def test_owned_courses_leave_the_cart_at_sign_in_with_a_word(browser, course):
    person = create_person()
    enroll(person, course=course)
    other = create_course()
    browser.add(course, other)

    sign_in_by_code(browser.client)

    assert [item.course for item in Cart.objects.of_owner(person).items.all()] == [other]
    page = text_of(browser.client.get("/cart/"))
    assert f"“{course.title}” was taken out of your cart: it is yours already." in page


def test_what_was_bought_as_guest_leaves_the_cart_at_sign_in(browser, course):
    browser.buy(course)
    browser.add(course)

    sign_in_by_code(browser.client)

    assert not Cart.objects.open().get().items.exists()


def test_sign_in_in_the_middle_of_a_checkout_leaves_one_order_to_pay(browser, course):
    """The visitor's live order goes with the cart, so that the next one takes its place."""
    browser.add(course)
    first = browser.check_out("other@example.com")["Location"]
    sign_in_by_code(browser.client)
    cart = Cart.objects.open().get()
    assert Order.objects.get().cart == cart

    second = browser.check_out()["Location"]

    assert first != second
    assert statuses() == (["expired", "pending"], ["expired", "open"])
    assert Order.objects.last().user.email == ADA


def test_sign_in_in_the_middle_of_a_checkout_and_paid_in_the_other_tab(browser, course):
    browser.add(course)
    browser.check_out()
    sign_in_by_code(browser.client)

    order = browser.pay()

    assert not Cart.objects.open().get().items.exists()
    assert "Start lesson 1" in text_of(browser.look(order))
    assert seats() == [("active", ADA)]


def test_sign_in_in_the_middle_of_two_checkouts_ends_the_visitors(browser, course):
    person = create_person()
    own = Cart.objects.of_owner(person)
    own.put(create_course())
    place_order(own, user=person, email=ADA, token=uuid4())
    browser.add(course)
    browser.check_out()
    sign_in_by_code(browser.client)

    _do_jobs("checkout.merging.end_order")

    assert statuses() == (["pending", "expired"], ["creating", "expired"])


def _do_jobs(name):
    for job in ProcrastinateJob.objects.filter(task_name=name):
        end_order(**job.args)


def test_cart_that_was_merged_meanwhile_is_not_ordered(browser, course):
    browser.add(course)
    cart = Cart.objects.get()
    sign_in_by_code(browser.client)

    with pytest.raises(CartNeedsAttention, match="has changed"):
        place_order(cart, user=None, email=ADA, token=uuid4())
    assert not Payment.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", range(3))
def test_sign_in_at_the_moment_of_settling_empties_the_cart_that_is_there(
    memory_gateway, course, time
):
    browser = Browser(memory_gateway)
    browser.add(course)
    browser.check_out()
    payment, person = Payment.objects.get(), create_person()
    visitor = Cart.objects.get(pk=browser.client.session[SESSION_KEY])

    together(
        lambda: settle(payment.pk, snapshot_of(payment)), lambda: sign_in_with(visitor, person)
    )

    assert not Cart.objects.of_owner(person).items.exists()


def test_shelf_of_a_guest_asks_kindly_to_save(browser, course):
    order = browser.buy(course)
    browser.look(order)

    page = text_of(browser.client.get("/library/"))

    assert course.title in page
    assert "Save them to an account, so that you find them again." in page
    assert f'href="{order.get_absolute_url()}"' in page


def test_shelf_names_what_was_bought_here_to_who_signs_in_with_another_address(browser, course):
    """Not theirs by itself: browsers are shared."""
    order = browser.buy(course)
    browser.look(order)
    sign_in_by_code(browser.client, "somebody@example.com")
    assert seats() == [("unclaimed", None)]

    page = text_of(browser.client.get("/library/"))

    assert "Bought in this browser without an account" in page
    assert f'href="{order.get_absolute_url()}"' in page
    assert browser.client.get(f"/library/{course.slug}/").status_code == 303
    claim(browser.client, order)
    assert browser.client.get(f"/library/{course.slug}/").status_code == 200
    assert "Bought in this browser" not in text_of(browser.client.get("/library/"))


def test_claim_is_told_of_once(browser, course):
    order = browser.buy(course)
    _, client = person_at_browser()
    said = f"Order {order.number} is in your account now."

    claim(client, order)
    first = text_of(client.get(order.get_absolute_url()))
    claim(client, order)

    assert said in first
    assert said not in text_of(client.get(order.get_absolute_url()))
