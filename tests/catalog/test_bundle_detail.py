"""Bundles in the catalog: what they cost, what they save, and who is told which price."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from catalog.models import Bundle, CourseStatus
from tests.factories import create_bundle, create_course, create_learner, enroll, put_on_sale

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
MODES = pytest.mark.parametrize("headers", [{}, HTMX], ids=["browser", "htmx"])


@pytest.fixture
def courses():
    prices = {"Bread": 3900, "Cheese": 2900, "Stars": 5900}
    return [create_course(title=title, price_minor=price) for title, price in prices.items()]


@MODES
def test_bundle_detail_tells_what_is_in_it_and_what_one_saves(client, courses, headers):
    bundle = create_bundle(*courses, title="All three", price_minor=9900)

    response = client.get("/bundles/all-three/", headers=headers)

    for text in ("All three", "Bread", "Cheese", "Stars", "$39", "$29", "$59", "$99"):
        assertContains(response, text)
    assertContains(response, "One by one they are $127 today. You save $28.")
    assertContains(response, "<h1", count=1)
    assert ("<!doctype html>" in response.content.decode()) is (not headers)
    assert bundle.get_absolute_url() == "/bundles/all-three/"


def test_bundle_detail_saves_against_todays_prices(client, courses):
    put_on_sale(courses[2], 3900)
    create_bundle(*courses, slug="all", price_minor=9900)
    assertContains(client.get("/bundles/all/"), "One by one they are $107 today. You save $8.")

    put_on_sale(courses[0], 1900)
    response = client.get("/bundles/all/")
    assertContains(response, "Today the courses cost less one by one: $87.")
    assertNotContains(response, "You save")


def test_bundle_detail_does_not_charge_what_the_visitor_has(client, courses):
    create_bundle(*courses, slug="all", price_minor=9900)
    learner = create_learner()
    enroll(learner, course=courses[0])
    client.force_login(learner)

    response = client.get("/bundles/all/")

    # The parts of 99 are 30.40, 22.61 and 45.99.
    assertContains(response, "The bundle is $99. What you have of it is not charged: $30.40 less.")
    assertContains(response, '<data class="price-now" value="68.60">$68.60</data>')
    assertContains(response, "One by one they are $88 today. You save $19.40.")


def test_bundle_detail_sells_nothing_to_who_has_all_of_it(client, courses):
    create_bundle(*courses, slug="all")
    learner = create_learner()
    for course in courses:
        enroll(learner, course=course)
    client.force_login(learner)

    response = client.get("/bundles/all/")

    assertContains(response, "All of these courses are yours.")
    assertNotContains(response, "Add to cart")


@pytest.mark.parametrize(
    ("status", "course_status", "code", "is_sold"),
    [
        (CourseStatus.PUBLISHED, CourseStatus.PUBLISHED, 200, True),
        (CourseStatus.UNLISTED, CourseStatus.UNLISTED, 200, True),
        (CourseStatus.ARCHIVED, CourseStatus.PUBLISHED, 200, False),
        (CourseStatus.PUBLISHED, CourseStatus.ARCHIVED, 200, False),
        (CourseStatus.DRAFT, CourseStatus.PUBLISHED, 404, False),
        (CourseStatus.PUBLISHED, CourseStatus.DRAFT, 404, False),
    ],
)
def test_bundle_is_sold_whole_or_not_at_all(client, status, course_status, code, is_sold):
    course = create_course(status=course_status)
    bundle = create_bundle(create_course(), course, slug="both", status=status)

    response = client.get("/bundles/both/")

    assert response.status_code == code
    assert ("Add to cart" in response.content.decode()) is is_sold
    assert bundle.is_for_sale is Bundle.objects.for_sale().exists() is is_sold


def test_bundle_without_courses_is_not_for_sale(client):
    create_bundle(slug="none")

    assert not Bundle.objects.for_sale().exists()
    assertNotContains(client.get("/bundles/none/"), "Add to cart")


def test_catalog_and_course_page_lead_to_listed_bundles(client, courses):
    create_bundle(*courses[:2], title="Breakfast", price_minor=4900)
    create_bundle(*courses, title="Hidden", status=CourseStatus.UNLISTED)

    shelf = client.get("/")
    assertContains(shelf, 'href="/bundles/breakfast/"', count=1)
    assertContains(shelf, "$68 one by one")
    assertNotContains(shelf, "Hidden")
    assertContains(client.get("/courses/bread/"), "Also in a bundle")
    assertNotContains(client.get("/courses/stars/"), "Also in a bundle")


@pytest.mark.parametrize("number", [1, 6])
def test_catalog_takes_three_queries_however_many_bundles(
    client, courses, number, django_assert_num_queries
):
    for _ in range(number):
        create_bundle(*courses)

    with django_assert_num_queries(3):
        client.get("/")


@pytest.mark.parametrize("number", [1, 12])
def test_bundle_detail_takes_two_queries_however_many_courses(
    client, number, django_assert_num_queries
):
    create_bundle(*[create_course() for _ in range(number)], slug="all")

    with django_assert_num_queries(2):
        client.get("/bundles/all/")
