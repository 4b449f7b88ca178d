"""The cart: adding, changing, removing, as htmx and as plain forms; and how it follows people."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from checkout.models import MAX_SEATS, Cart, CartItem
from tests.checkout.conftest import HTMX
from tests.factories import create_course, create_learner, enroll

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    """A browser that enforces what browsers do."""
    return Client(enforce_csrf_checks=True)


def add(client, course, **data):
    return client.post("/cart/items/", {"course": course.slug, **data})


def change(client, course, seats, headers=None):
    return client.post(f"/cart/items/{course.slug}/", {"seats": seats}, headers=headers or {})


def contents():
    return [(item.course, item.seats) for item in CartItem.objects.order_by("pk")]


def test_looking_around_writes_nothing_and_sets_no_cookie(visitor, course):
    """LESSONS 16: no session row for a visit without a cookie."""
    for url in ("/", f"/courses/{course.slug}/", "/cart/", "/accounts/login/?next=/cart/"):
        response = visitor.get(url)
        assert response.status_code == 200
        if not url.startswith("/accounts/"):
            assert not response.cookies, url
    assert (Session.objects.count(), Cart.objects.count()) == (0, 0)


def test_add_without_javascript_comes_back_to_the_cart(visitor, course):
    response = add(visitor, course)

    assert (response.status_code, response["Location"]) == (303, "/cart/")
    assert contents() == [(course, 1)]
    assert course.title in visitor.get("/cart/").content.decode()


def test_add_with_htmx_answers_cart_badge_button_and_toast(visitor, course):
    """LESSONS 17: what the page shows is the server's state."""
    response = visitor.post("/cart/items/", {"course": course.slug, "shown": "1"}, headers=HTMX)

    text = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in text
    ids = re.findall(r'<\w+[^>]*?\sid="(cart|cart-badge|toasts|buy-(?!action)[a-z-]+)"', text)
    assert ids == ["cart", "cart-badge", f"buy-{course.slug}", "toasts"]
    assert "is in your cart." in text
    assert "In your cart" in text


def test_add_twice_changes_nothing_and_says_so(visitor, course):
    add(visitor, course)

    response = visitor.post("/cart/items/", {"course": course.slug}, headers=HTMX)

    assert response.status_code == 200
    assert "was in your cart already" in response.content.decode()
    assert contents() == [(course, 1)]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, 400),
        ({"course": ""}, 400),
        ({"course": "x" * 5000}, 400),
        ({"course": "no/slug"}, 400),
        ({"course": "a\x00b"}, 400),
        ({"course": "unknown"}, 404),
        ({"course": "draft"}, 404),
        ({"course": "archived"}, 404),
        ({"course": "open", "seats": "0"}, 422),
        ({"course": "open", "seats": "-1"}, 422),
        ({"course": "open", "seats": "many"}, 422),
        ({"course": "open", "seats": "1e3"}, 422),
        ({"course": "open", "seats": str(MAX_SEATS + 1)}, 422),
        ({"course": "open", "seats": "9" * 400}, 422),
    ],
)
def test_add_refuses_what_makes_no_sense(visitor, data, status):
    """LESSONS 13: a 4xx that can be read, and nothing changed."""
    for slug in ("draft", "archived"):
        create_course(slug=slug, status=slug)
    create_course(slug="open")

    response = visitor.post("/cart/items/", data)

    assert response.status_code == status
    assert not CartItem.objects.exists()
    assert not Cart.objects.exists()


@pytest.mark.parametrize(
    ("seats", "why"),
    [
        ("0", "Please choose at least one seat."),
        (str(MAX_SEATS + 1), f"At most {MAX_SEATS} seats at a time. Write to us"),
        ("many", "Please give the number of seats in digits."),
    ],
)
@pytest.mark.parametrize("headers", [None, HTMX], ids=["browser", "htmx"])
def test_add_says_what_is_wrong_with_the_seats(visitor, course, seats, why, headers):
    """And leaves the button, the number beside it and the keyboard's focus as they are."""
    data = {"course": course.slug, "shown": "seats", "seats": seats}

    response = visitor.post("/cart/items/", data, headers=headers or {})

    page = response.content.decode()
    assert response.status_code == 422
    assert why in page
    assert ("<!doctype html>" in page) is (headers is None)
    assert f'id="buy-{course.slug}"' not in page
    assert not Cart.objects.exists()


def test_add_takes_the_seats_beside_the_button(visitor, course):
    data = {"course": course.slug, "shown": "seats", "seats": "3"}

    response = visitor.post("/cart/items/", data, headers=HTMX)

    assert response.status_code == 200
    assert contents() == [(course, 3)]


@pytest.mark.parametrize(("shown", "fields"), [("seats", 1), ("1", 0), ("2", 0)])
def test_removing_gives_the_button_back_as_it_was(visitor, course, shown, fields):
    """With the field for seats on the course's page, without it on a card."""
    add(visitor, course)
    data = {"seats": "0", "shown": shown}

    response = visitor.post(f"/cart/items/{course.slug}/", data, headers=HTMX)

    page = response.content.decode()
    assert "Add to cart" in page
    assert page.count('type="number"') == fields


def test_add_of_an_owned_course_is_not_needed(shopper, course):
    """LESSONS 8: checked when adding, and again at checkout."""
    enroll(shopper.user, course=course)

    response = shopper.client.post("/cart/items/", {"course": course.slug}, headers=HTMX)

    assert "is yours already" in response.content.decode()
    assert not CartItem.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 303),
    ],
)
def test_add_takes_nothing_from_other_sites(visitor, course, headers, status):
    """The form has no token, so that a catalog page sets no cookie: its origin is checked."""
    response = visitor.post("/cart/items/", {"course": course.slug}, headers=headers)

    assert response.status_code == status
    assert CartItem.objects.exists() is (status == 303)


@pytest.mark.parametrize("change", ["", "giving/"])
def test_change_is_refused_from_another_site(visitor, course, change):
    add(visitor, course)

    wanted, elsewhere = {"seats": 0, "all": "yes"}, {"Sec-Fetch-Site": "cross-site"}
    url = f"/cart/items/{course.slug}/{change}"
    assert visitor.post(url, wanted, headers=elsewhere).status_code == 403
    assert contents() == [(course, 1)]
    assert not CartItem.objects.get().is_for_others


def test_change_seats_and_remove(visitor, course):
    add(visitor, course)

    assert change(visitor, course, 3)["Location"] == "/cart/"
    assert contents() == [(course, 3)]
    assert change(visitor, course, 0)["Location"] == "/cart/"
    assert contents() == []


@pytest.mark.parametrize("seats", ["", "-1", "x", "1.5", str(MAX_SEATS + 1), "9" * 400])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_change_refuses_what_makes_no_sense(visitor, course, seats, headers):
    add(visitor, course)

    response = change(visitor, course, seats, headers)

    assert response.status_code == 422
    assert "seats" in response.content.decode()
    assert contents() == [(course, 1)]


def test_change_of_a_course_that_is_not_in_the_cart_answers_the_cart(visitor, course):
    """A stale page: the answer is the cart as it is."""
    add(visitor, create_course())

    response = change(visitor, course, 2, HTMX)

    assert response.status_code == 200
    assert "was not in your cart any more" in response.content.decode()


def test_remove_hands_the_focus_to_the_next_remove_button(visitor):
    courses = [create_course(slug=slug) for slug in ("one", "two", "three")]
    for course in courses:
        add(visitor, course)

    def focused(response):
        return re.findall(r'id="([\w-]+)"[^>]*autofocus', response.content.decode())

    assert focused(change(visitor, courses[1], 0, HTMX)) == ["remove-three"]
    assert focused(change(visitor, courses[2], 0, HTMX)) == ["remove-one"]
    assert focused(change(visitor, courses[0], 0, HTMX)) == ["cart-heading"]


def test_cart_tells_the_truth_about_each_line(shopper):
    owned, archived, dearer = (create_course(title=t) for t in ("Owned", "Archived", "Dearer"))
    shopper.wants(owned, archived, dearer)
    enroll(shopper.user, course=owned)
    type(archived).objects.filter(pk=archived.pk).update(status="archived")
    type(dearer).objects.filter(pk=dearer.pk).update(price_minor=4900)

    text = shopper.client.get("/cart/").content.decode()

    assert "You have this course already." in text
    assert "No longer for sale." in text
    assert re.search(r"The price was.*\$39.*and is now.*\$49", text, re.DOTALL)
    assert "Take out what cannot be bought" in text


@pytest.mark.parametrize("courses", [1, 30])
def test_cart_answer_takes_as_many_queries_for_any_cart(
    shopper, courses, django_assert_num_queries
):
    shopper.wants(*[create_course() for _ in range(courses)])
    new = create_course()

    # course, session, person, cart, a bundle that has it, owned,
    # look, insert in its transaction (3), touch, cart, lines
    with django_assert_num_queries(7):
        response = shopper.client.post(
            "/cart/items/", {"course": new.slug, "shown": "1"}, headers=HTMX
        )

    assert response.status_code == 200


def sign_in(client, user):
    """Sign in as allauth does: the session gets another key, and keeps its data."""
    from django.contrib.auth import login
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = client.session
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    client.cookies["session"] = request.session.session_key


def test_cart_is_there_after_signing_in(visitor, course):
    add(visitor, course)
    user = create_learner()

    sign_in(visitor, user)

    assert course.title in visitor.get("/cart/").content.decode()
    assert [item.course for item in Cart.objects.of_owner(user).items.all()] == [course]


def test_cart_merges_into_the_persons_own(visitor):
    kept, in_both, brought, owned = (create_course() for _ in range(4))
    user = create_learner()
    enroll(user, course=owned)
    own = Cart.objects.of_owner(user)
    own.put(kept)
    own.put(in_both, seats=3)
    for course in (in_both, brought, owned):
        add(visitor, course)

    sign_in(visitor, user)

    mine = {item.course: item.seats for item in own.items.all()}
    assert mine == {kept: 1, in_both: 3, brought: 1}


def test_cart_of_one_person_is_never_another_ones(visitor, course):
    """LESSONS 15: an id in the session opens only a visitor's own cart."""
    theirs = Cart.objects.of_owner(create_learner())
    theirs.put(course)
    session = visitor.session
    session["cart"] = theirs.pk
    session.save()
    visitor.cookies["session"] = session.session_key

    assert course.title not in visitor.get("/cart/").content.decode()
    sign_in(visitor, create_learner())
    assert course.title not in visitor.get("/cart/").content.decode()
    assert theirs.items.count() == 1


@pytest.mark.django_db(transaction=True)
def test_add_of_one_course_from_many_tabs_at_once_adds_it_once(shopper, course):
    starting_line = Barrier(6)

    def press(_):
        try:
            browser = Client()
            browser.force_login(shopper.user)
            starting_line.wait()
            return add(browser, course).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(press, range(6)))

    assert answers == [303] * 6
    assert contents() == [(course, 1)]
