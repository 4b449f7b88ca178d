"""Bundles as staff put them together."""

import pytest
from django.test import Client

from catalog.models import Bundle
from tests.factories import create_bundle, create_course, create_staff

pytestmark = pytest.mark.django_db

BUNDLES = "/admin/catalog/bundle/"


@pytest.fixture
def staff():
    client = Client()
    client.force_login(create_staff())
    return client


def filled_in(*courses, **changes):
    data = {
        "title": "Both",
        "slug": "both",
        "summary": "Two at once.",
        "price_minor": "49.50",
        "description": "For *two* evenings.",
        "hue": "200",
        "entries-TOTAL_FORMS": len(courses),
        "entries-INITIAL_FORMS": 0,
    }
    for place, course in enumerate(courses):
        data |= {f"entries-{place}-position": place, f"entries-{place}-course": course.pk}
    return data | changes


def test_bundle_page_makes_a_draft_and_publishes_it_by_its_action(staff):
    bread, cheese = create_course(title="Bread"), create_course(title="Cheese")

    assert staff.post(f"{BUNDLES}add/", filled_in(cheese, bread)).status_code == 302

    bundle = Bundle.objects.with_courses().get()
    assert (bundle.status, bundle.price_minor, bundle.currency) == ("draft", 4950, "usd")
    assert bundle.contents == [cheese, bread]
    assert bundle.description_html == "<p>For <em>two</em> evenings.</p>\n"
    assert not bundle.is_for_sale
    staff.post(BUNDLES, {"action": "publish", "_selected_action": [bundle.pk]})
    assert list(Bundle.objects.published()) == [bundle]


@pytest.mark.parametrize("changes", [{"price_minor": "-1"}, {"hue": "360"}, {"slug": ""}])
def test_bundle_page_refuses_what_cannot_be(staff, changes):
    data = filled_in(create_course(), create_course(), **changes)

    assert staff.post(f"{BUNDLES}add/", data).status_code == 200
    assert not Bundle.objects.exists()


def test_bundle_page_refuses_a_course_twice(staff):
    course = create_course()

    assert staff.post(f"{BUNDLES}add/", filled_in(course, course)).status_code == 200
    assert not Bundle.objects.exists()


def test_bundle_page_says_what_its_courses_cost_and_each_one_s_part(staff):
    courses = (create_course(title="Bread"), create_course(title="Stars", price_minor=5900))
    bundle = create_bundle(*courses, price_minor=7000)

    page = staff.get(f"{BUNDLES}{bundle.pk}/change/").content.decode()

    assert "$98. In the bundle: Bread: $27.86, Stars: $42.14" in page


@pytest.mark.parametrize("number", [1, 12])
def test_list_of_bundles_takes_as_many_queries_for_any(staff, number, django_assert_num_queries):
    for _ in range(number):
        create_bundle(create_course(), create_course())

    # session, person, two counts, bundles, their courses
    with django_assert_num_queries(6):
        staff.get(BUNDLES)
