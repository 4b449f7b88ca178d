"""Prices that change on the way: what is charged is what the pressed page showed."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.models import Order, OrderLine
from checkout.sandbox.models import CheckoutSession
from tests.checkout.paying import pay_at
from tests.checkout.test_start import messages_of, statuses
from tests.factories import create_bundle, create_course, end_sale, put_on_sale

pytestmark = pytest.mark.django_db(transaction=True)


def press(shopper, page):
    """Press the button of a page that was read before."""
    form = dict(re.findall(r'name="(token|shown)" value="([^"]+)"', page))
    return shopper.client.post("/checkout/", form)


def read(shopper):
    return shopper.client.get("/cart/").content.decode()


@pytest.fixture
def on_sale(course):
    return put_on_sale(course, 2900, ends_at=timezone.now() + timedelta(days=1))


def test_sale_that_ended_since_it_was_put_in_is_told_in_the_cart(shopper, on_sale):
    shopper.wants(on_sale)
    end_sale(on_sale)

    assert re.search(r"The price was.*\$29.*and is now.*\$39", read(shopper), re.DOTALL)


def test_sale_that_ends_while_the_page_is_open_is_shown_before_it_is_charged(
    gateway, shopper, on_sale
):
    shopper.wants(on_sale)
    page = read(shopper)
    end_sale(on_sale)

    response = press(shopper, page)
    assert (response["Location"], statuses()) == ("/cart/", ([], []))
    assert "now $39" in messages_of(response)[0]

    press(shopper, read(shopper))
    assert CheckoutSession.objects.get().amount_total == 3900


def test_sale_that_began_and_ended_unseen_by_the_item_is_not_charged_silently(
    gateway, shopper, course
):
    """Put in at 39, shown at 29, and 39 again: the item's own price has never changed."""
    shopper.wants(course)
    put_on_sale(course, 2900)
    page = read(shopper)
    assert '<data class="price-now" value="29.00">' in page
    end_sale(course)

    response = press(shopper, page)

    assert (response["Location"], statuses()) == ("/cart/", ([], []))
    assert "not what this page showed any more" in messages_of(response)[0]


def test_older_tab_does_not_charge_what_another_tab_has_accepted(gateway, shopper, on_sale):
    shopper.wants(on_sale)
    old_page = read(shopper)
    end_sale(on_sale)
    press(shopper, read(shopper))  # the other tab is told, and goes no further

    response = press(shopper, old_page)

    assert (response["Location"], statuses()) == ("/cart/", ([], []))


def test_page_does_not_order_what_another_tab_has_added(gateway, shopper, course):
    shopper.wants(course)
    page = read(shopper)
    shopper.wants(create_course())

    assert press(shopper, page)["Location"] == "/cart/"
    assert statuses() == ([], [])


def test_bundle_that_got_dearer_is_shown_before_it_is_charged(gateway, shopper, course):
    bundle = create_bundle(course, create_course(price_minor=3900), price_minor=5000)
    shopper.cart.put_bundle(bundle)
    page = read(shopper)
    bundle.price_minor = 6000
    bundle.save()

    assert "now $60" in messages_of(press(shopper, page))[0]
    press(shopper, read(shopper))
    assert CheckoutSession.objects.get().amount_total == 6000


def test_parts_that_shift_are_shown_before_they_are_ordered(gateway, shopper, course):
    """The total is the same; what a refund of one course gives back is not."""
    shopper.cart.put_bundle(create_bundle(course, create_course(), price_minor=5000))
    page = read(shopper)
    course.price_minor = 7800
    course.save()

    assert press(shopper, page)["Location"] == "/cart/"
    assert statuses() == ([], [])


def test_order_that_was_placed_keeps_its_price_when_the_sale_ends(gateway, shopper, on_sale):
    shopper.wants(on_sale)
    url = press(shopper, read(shopper))["Location"]
    end_sale(on_sale)

    pay_at(url)

    assert statuses() == (["paid"], ["paid"])
    assert (Order.objects.get().total_minor, OrderLine.objects.get().price_minor) == (2900, 2900)
