"""What htmx gets when the cart changes: the cart, and all that shows something of it."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from checkout.models import Cart
from tests.factories import create_course

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def add(client, course):
    data = {"course": course.slug, "shown": "1"}
    return client.post("/cart/items/", data, headers=HTMX)


def set_seats(client, course, seats, **data):
    url = f"/cart/items/{course.slug}/"
    return client.post(url, {"seats": str(seats), **data}, headers=HTMX)


def test_cart_fragment_holds_the_cart_and_all_that_depends_on_it(client):
    course = create_course(title="Bread", price_minor=3900)

    response = add(client, course)

    assert response.content.decode().strip().startswith("<aside")
    assertContains(response, 'id="cart"', count=1)
    assertContains(response, "$39")
    assertContains(response, '<span id="cart-badge" hx-swap-oob="true">')
    assertContains(response, f'id="buy-{course.slug}" hx-swap-oob="true"')
    assertContains(response, "In your cart")
    assertContains(response, '<div id="toasts" hx-swap-oob="beforeend">')
    assertContains(response, "“Bread” is in your cart.", count=1)
    assertNotContains(response, "<!doctype html>")


def test_cart_fragment_gives_the_button_back_where_the_course_is_shown(client):
    course = create_course()
    add(client, course)

    response = set_seats(client, course, 0, shown="1")

    assertContains(response, f'id="buy-{course.slug}" hx-swap-oob="true"')
    assertContains(response, "Add to cart")
    assertContains(response, "Nothing here yet.")


def test_cart_fragment_has_no_button_for_a_page_that_does_not_show_the_course(client):
    course = create_course()
    add(client, course)

    assertNotContains(set_seats(client, course, 0), f'id="buy-{course.slug}"')


def test_cart_fragment_leads_the_keyboard_on_after_a_removal(client):
    bread, stars = create_course(slug="bread"), create_course(slug="stars")
    add(client, bread)
    add(client, stars)

    response = set_seats(client, bread, 0)
    assertContains(response, "autofocus", count=1)
    assertContains(response, 'id="remove-stars" autofocus')

    response = set_seats(client, stars, 0)
    assertContains(response, "autofocus", count=1)
    assertContains(response, 'id="cart-heading" tabindex="-1" autofocus')


def test_cart_fragment_counts_seats(client):
    course = create_course(price_minor=3900)
    add(client, course)

    response = set_seats(client, course, 3)

    assertContains(response, "3 seats")
    assertContains(response, "$117", count=2)
    assertContains(response, '<span class="count">3</span>')
    assertContains(response, 'name="seats" value="2"')
    assertContains(response, 'name="seats" value="4"')
    assert Cart.objects.get().items.get().seats == 3


def test_cart_fragment_never_takes_the_last_seat_away_by_the_minus(client):
    course = create_course(slug="bread")

    response = add(client, course)

    assertContains(
        response,
        '<button name="seats" value="1" id="fewer-bread" aria-disabled="true" '
        f'aria-label="One seat fewer on {course.title}">−</button>',
        html=True,
    )


def test_cart_page_offers_the_whole_cart_to_htmx(client):
    add(client, create_course(title="Bread"))

    response = client.get("/cart/", headers=HTMX)

    assertContains(response, '<main id="stage" tabindex="-1" data-cart>')
    assertContains(response, 'hx-swap-oob="true"', count=1)
    assertContains(response, 'id="cart"', count=1)
