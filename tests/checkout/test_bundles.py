"""Bundles from the cart to the seat: priced once, and nobody pays for a course twice."""

import re
from collections import Counter

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from checkout.gateways import gateway_named
from checkout.models import Cart, CartItem, Order, OrderLine, Payment, RefundReason
from checkout.placing import CartNeedsAttention, place_order
from checkout.recovery import recover
from checkout.refunds import request_refund
from checkout.sandbox.models import CheckoutSession
from checkout.summary import CartSummary
from library.models import Enrollment
from project.models import OutboundMail
from tests.accounts.letters import as_sent
from tests.checkout.conftest import HTMX
from tests.checkout.paying import pay_at
from tests.checkout.test_cart import sign_in
from tests.checkout.test_start import check_out, messages_of, statuses
from tests.factories import create_bundle, create_course, create_learner, enroll

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def courses(db):
    prices = {"Bread": 3900, "Cheese": 2900, "Stars": 5900}
    return [
        create_course(title=title, price_minor=price, lessons=1) for title, price in prices.items()
    ]


@pytest.fixture
def bundle(courses):
    """The parts of its price are 3040, 2261 and 4599."""
    return create_bundle(*courses, title="All three", price_minor=9900)


def add(client, thing, kind="bundle", **data):
    return client.post("/cart/items/", {kind: thing.slug, "shown": "1", **data}, headers=HTMX)


def order_lines():
    """Return what the orders' lines say, by course."""
    return sorted(
        (line.title, line.seat, line.price_minor, line.is_for_buyer, line.bundle_title)
        for line in OrderLine.objects.all()
    )


WHOLE = [
    ("Bread", 1, 3040, True, "All three"),
    ("Cheese", 1, 2261, True, "All three"),
    ("Stars", 1, 4599, True, "All three"),
]


def test_bundle_is_one_item_and_opens_all_its_courses(gateway, shopper, bundle, courses):
    response = add(shopper.client, bundle)
    assert "“All three” is in your cart." in response.content.decode()
    assert CartItem.objects.values_list("bundle", "course", "seats").get() == (bundle.pk, None, 1)

    pay_at(check_out(shopper)["Location"])

    assert statuses() == (["paid"], ["paid"])
    assert order_lines() == WHOLE
    assert CheckoutSession.objects.get().amount_total == 9900
    assert {seat.course for seat in shopper.user.enrollments.active()} == set(courses)
    assert not shopper.cart.items.exists()
    page = shopper.client.get(Order.objects.get().get_absolute_url()).content.decode()
    assert page.count("part of “All three”") == 3
    assert "Bread (part of “All three”): $30.40" in as_sent(OutboundMail.objects.get()).text


def test_bundle_at_the_gateway_says_what_each_line_is_a_part_of(gateway, shopper, bundle, courses):
    shopper.cart.put_bundle(bundle)
    check_out(shopper)

    items = Payment.objects.get().request["line_items"]

    assert [
        (item["price_data"]["unit_amount"], item["price_data"]["product_data"]) for item in items
    ] == [
        (minor, {"name": title, "description": "Part of “All three”"})
        for title, _, minor, _, _ in WHOLE
    ]
    assert items[0]["metadata"] == {
        "course": str(courses[0].pk),
        "for_buyer": "yes",
        "bundle": str(bundle.pk),
        "bundle_title": "All three",
    }


def test_bundle_does_not_charge_what_its_buyer_has(gateway, shopper, bundle, courses):
    enroll(shopper.user, course=courses[0])
    add(shopper.client, bundle)

    text = shopper.client.get("/cart/").content.decode()
    assert "You have “Bread” (−$30.40) already, so it is not charged." in text
    assert "$68.60" in text
    pay_at(check_out(shopper)["Location"])

    assert order_lines() == WHOLE[1:]
    assert Order.objects.get().total_minor == 6860
    assert shopper.user.enrollments.active().count() == 3


def test_bundle_of_which_all_is_owned_is_not_sold(gateway, shopper, bundle, courses):
    shopper.cart.put_bundle(bundle)
    for course in courses:
        enroll(shopper.user, course=course)

    assert "You have all of its courses already." in shopper.client.get("/cart/").content.decode()
    assert "already yours" in messages_of(check_out(shopper))[0]
    assert not shopper.cart.items.exists()
    assert "are yours already" in add(shopper.client, bundle).content.decode()
    assert (statuses(), shopper.cart.items.count()) == (([], []), 0)


def test_bundle_whose_rest_is_free_never_goes_to_the_gateway(gateway, shopper):
    paid, free = create_course(price_minor=3900), create_course(price_minor=0)
    enroll(shopper.user, course=paid)
    shopper.cart.put_bundle(create_bundle(paid, free))

    response = check_out(shopper)

    assert response["Location"].endswith(Order.objects.get().get_absolute_url())
    assert statuses() == (["paid"], ["paid"])
    assert Payment.objects.get().gateway == "free"
    assert not CheckoutSession.objects.exists()
    assert shopper.user.enrollments.active().count() == 2


def test_single_course_is_taken_out_for_the_bundle_that_has_it(shopper, bundle, courses):
    shopper.wants(courses[0])
    shopper.wants(courses[1], seats=2)

    response = add(shopper.client, bundle)

    assert "“Bread” was there alone, and was taken out" in response.content.decode()
    assert set(CartItem.objects.values_list("course", "bundle", "seats")) == {
        (None, bundle.pk, 1),
        (courses[1].pk, None, 2),
    }


def test_course_is_not_put_beside_the_bundle_that_has_it(shopper, bundle, courses):
    add(shopper.client, bundle)

    response = add(shopper.client, courses[0], "course")

    assert "is in your cart already, as a part of “All three”." in response.content.decode()
    assert CartItem.objects.count() == 1


def test_course_beside_its_bundle_is_told_of_and_never_charged(gateway, shopper, bundle, courses):
    """As carts from two devices can come together, or two tabs."""
    shopper.cart.put_bundle(bundle)
    shopper.wants(courses[0])

    text = shopper.client.get("/cart/").content.decode()
    assert "It comes with “All three”, which is in your cart." in text
    assert CartSummary(shopper.cart.items.with_goods(), owned=set()).total_minor == 9900
    assert "part of a bundle in your cart, so taken out" in messages_of(check_out(shopper))[0]

    assert statuses() == ([], [])
    pay_at(check_out(shopper)["Location"])
    assert order_lines() == WHOLE


def test_seats_for_others_beside_a_bundle_are_all_for_others(gateway, shopper, bundle, courses):
    shopper.wants(courses[0], seats=2)
    shopper.cart.put_bundle(bundle)

    pay_at(check_out(shopper)["Location"])

    assert order_lines() == sorted(
        [
            ("Bread", 1, 3900, False, ""),
            ("Bread", 2, 3900, False, ""),
            ("Bread", 3, 3040, True, "All three"),
            *WHOLE[1:],
        ]
    )
    assert CheckoutSession.objects.get().amount_total == 9900 + 2 * 3900
    assert shopper.user.enrollments.active().count() == 3
    assert Enrollment.objects.filter(learner=None).count() == 2
    assert not shopper.cart.items.exists()


def test_two_bundles_charge_what_is_in_both_once(gateway, shopper, bundle, courses):
    ropes = create_course(title="Ropes", price_minor=3900)
    other = create_bundle(courses[0], ropes, title="Hands", price_minor=6000)
    add(shopper.client, bundle)
    add(shopper.client, other)

    text = shopper.client.get("/cart/").content.decode()
    assert "“Bread” (−$30) comes with another bundle here, so it is charged once." in text
    pay_at(check_out(shopper)["Location"])

    assert order_lines() == sorted([*WHOLE, ("Ropes", 1, 3000, True, "Hands")])
    assert Order.objects.get().total_minor == 12_900


@pytest.mark.parametrize("seats", ["2", "50"])
def test_bundle_has_one_seat_on_each_course(shopper, bundle, seats):
    assert add(shopper.client, bundle, seats=seats).status_code == 400
    assert not CartItem.objects.exists()
    shopper.cart.put_bundle(bundle)

    response = shopper.client.post(f"/cart/bundles/{bundle.slug}/", {"seats": seats})

    assert response.status_code == 422
    assert CartItem.objects.get().seats == 1


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"bundle": "unknown"}, 404),
        ({"bundle": "draft"}, 404),
        ({"bundle": "a/b"}, 400),
        ({"bundle": "x" * 5000}, 400),
        ({"bundle": "all-three", "course": "bread"}, 400),
    ],
)
def test_adding_refuses_what_makes_no_sense(client, bundle, data, status):
    create_bundle(create_course(), slug="draft", status="draft")

    assert client.post("/cart/items/", data).status_code == status
    assert not Cart.objects.exists()


def test_bundle_is_taken_out_at_its_own_address(shopper, bundle):
    """A course may have the same slug."""
    course = create_course(slug=bundle.slug)
    shopper.wants(course)
    shopper.cart.put_bundle(bundle)

    response = shopper.client.post(
        f"/cart/bundles/{bundle.slug}/", {"seats": "0", "shown": "1"}, headers=HTMX
    )

    text = response.content.decode()
    assert "“All three” was taken out of your cart." in text
    assert 'id="bundle-buy-all-three" hx-swap-oob="true"' in text
    assert re.findall(r'id="([\w-]+)"[^>]*autofocus', text) == ["remove-all-three"]
    assert [item.course for item in CartItem.objects.all()] == [course]
    again = shopper.client.post(f"/cart/bundles/{bundle.slug}/", {"seats": "0"}, headers=HTMX)
    assert "was not in your cart any more" in again.content.decode()


def test_buttons_of_its_courses_change_where_the_page_shows_them(client, bundle, courses):
    response = add(client, bundle, beside=["bread", "elsewhere"])

    assert re.findall(r'id="([a-z-]*buy-[a-z-]+)" hx-swap-oob', response.content.decode()) == [
        "bundle-buy-all-three",
        "buy-bread",
    ]


def test_database_refuses_an_item_of_nothing_and_of_two_things(shopper, bundle, courses):
    cart = shopper.cart
    for fields in ({}, {"course": courses[0], "bundle": bundle}, {"bundle": bundle, "seats": 2}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CartItem.objects.create(cart=cart, price_minor=1, **fields)
    cart.put_bundle(bundle)
    with pytest.raises(IntegrityError):
        CartItem.objects.create(cart=cart, bundle=bundle, price_minor=1)


def test_credit_appears_when_a_guest_signs_in_and_before_anything_is_paid(gateway, bundle, courses):
    visitor, user = Client(), create_learner()
    enroll(user, course=courses[0])
    add(visitor, bundle)
    page = visitor.get("/cart/").content.decode()
    shown = re.search(r'name="shown" value="(\w+)"', page)[1]
    assert "$99" in page

    sign_in(visitor, user)

    assert "$68.60" in visitor.get("/cart/").content.decode()
    response = visitor.post("/checkout/", {"shown": shown})
    assert response["Location"] == "/cart/"
    assert "not what this page showed any more" in messages_of(response)[0]
    assert not Order.objects.exists()


def test_merged_cart_has_the_bundle_once_and_nothing_beside_it(bundle, courses):
    visitor, user = Client(), create_learner()
    own = Cart.objects.of_owner(user)
    own.put(courses[0])
    own.put_bundle(bundle)
    add(visitor, bundle)
    add(visitor, courses[1], "course")

    sign_in(visitor, user)

    assert [(item.course, item.bundle) for item in own.items.all()] == [(None, bundle)]


def test_merged_cart_loses_a_bundle_that_the_person_owns(bundle, courses):
    visitor, user = Client(), create_learner()
    for course in courses:
        enroll(user, course=course)
    add(visitor, bundle)

    sign_in(visitor, user)

    assert not Cart.objects.of_owner(user).items.exists()


def test_bundle_that_is_not_sold_any_more_stands_in_nobodys_way(gateway, shopper, bundle, courses):
    shopper.cart.put_bundle(bundle)
    courses[2].archive()

    assert "No longer for sale." in shopper.client.get("/cart/").content.decode()
    assert "no longer for sale" in messages_of(check_out(shopper))[0]
    add(shopper.client, courses[0], "course")
    shopper.cart.take_bundle_out(bundle)
    pay_at(check_out(shopper)["Location"])
    assert order_lines() == [("Bread", 1, 3900, True, "")]


def test_bundle_added_while_another_order_is_paid_stays_in_the_cart(
    gateway, shopper, bundle, courses
):
    """Only what was bought leaves the cart, and what it opened is credited."""
    shopper.wants(courses[0])
    url = check_out(shopper)["Location"]
    shopper.cart.put_bundle(bundle)

    pay_at(url)

    assert [item.bundle for item in shopper.cart.items.all()] == [bundle]
    owned = {courses[0].pk}
    assert CartSummary(shopper.cart.items.with_goods(), owned=owned).total_minor == 6860


def test_course_got_while_the_bundle_was_being_paid_goes_back_at_its_part(
    gateway, shopper, bundle, courses
):
    shopper.cart.put_bundle(bundle)
    url = check_out(shopper)["Location"]
    enroll(shopper.user, course=courses[0])

    pay_at(url)

    payment = Payment.objects.get()
    assert [refund.amount_minor for refund in payment.refunds.all()] == [3040]
    assert OrderLine.objects.get(course=courses[0]).outcome == "already_owned"


def test_one_course_of_a_bundle_is_refunded_at_its_part(gateway, shopper, bundle, courses):
    shopper.cart.put_bundle(bundle)
    pay_at(check_out(shopper)["Location"])
    payment, line = Payment.objects.get(), OrderLine.objects.get(course=courses[1])

    request_refund(
        payment,
        amount_minor=line.price_minor,
        reason=RefundReason.ASKED,
        lines=[line],
        ends_access=True,
    )

    assert payment.refunds.get().amount_minor == 2261


def test_order_of_a_bundle_is_written_anew_from_its_session(gateway, shopper, bundle, courses):
    """A course that is in it twice, alone for others and in the bundle, keeps its seats apart."""
    shopper.wants(courses[0], seats=2)
    shopper.cart.put_bundle(bundle)
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    session_id = Payment.objects.get().session_id
    before = order_lines()
    Payment.objects.all().delete()
    OrderLine.objects.all().delete()
    Order.objects.all().delete()

    recover(gateway_named("stripe").sold_in(session_id), commit=True)

    def without_numbers(lines):
        return Counter((title, minor, own, part) for title, _, minor, own, part in lines)

    assert without_numbers(order_lines()) == without_numbers(before)
    assert {line.bundle for line in OrderLine.objects.exclude(bundle_title="")} == {bundle}
    assert statuses() == (["paid"], ["paid"])


@pytest.mark.parametrize("number", [1, 12])
def test_cart_with_bundles_takes_as_many_queries_for_any(
    shopper, number, django_assert_num_queries
):
    for _ in range(number):
        shopper.cart.put_bundle(create_bundle(create_course(), create_course()))

    # session, person, cart, owned, items, courses of the bundles
    with django_assert_num_queries(5):
        shopper.client.get("/cart/")


def test_place_order_refuses_more_lines_than_a_session_can_list(shopper):
    courses = [create_course() for _ in range(101)]
    shopper.cart.put_bundle(create_bundle(*courses))

    with pytest.raises(CartNeedsAttention, match="at most 100"):
        place_order(shopper.cart, user=shopper.user, email="a@example.com", token=None)
