"""The catalog: what it lists, for whom, and at what price in queries."""

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from catalog.models import Course, CourseStatus
from catalog.views.course_list import COURSES_PER_PAGE
from tests.factories import create_course, create_instructor, create_learner, enroll

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
MODES = pytest.mark.parametrize("headers", [{}, HTMX], ids=["browser", "htmx"])


def fill_shelf(number):
    """Put up ``number`` courses at once."""
    instructor = create_instructor()
    Course.objects.bulk_create(
        Course(
            title=f"Course {n}",
            slug=f"course-{n}",
            summary="A course.",
            instructor=instructor,
            price_minor=3900,
            currency="usd",
            status=CourseStatus.PUBLISHED,
        )
        for n in range(number)
    )


def titles(response):
    return [course.title for course in response.context["courses"]]


@MODES
def test_course_list_shows_published_courses_newest_first(client, headers):
    bread = create_course(title="Bread")
    create_course(title="Stars", price_minor=0)
    create_course(title="Chess")
    Course.objects.filter(pk=bread.pk).update(published_at=timezone.now())
    for status in (CourseStatus.DRAFT, CourseStatus.UNLISTED, CourseStatus.ARCHIVED):
        create_course(title=f"A {status} course", status=status)

    response = client.get("/", headers=headers)

    assert titles(response) == ["Bread", "Chess", "Stars"]
    assertContains(response, "$39")
    assertContains(response, "Free")


def test_course_list_is_a_page_for_browsers_and_a_stage_for_htmx(client):
    create_course(title="Bread")

    page, part = client.get("/"), client.get("/", headers=HTMX)

    assertContains(page, "<!doctype html>")
    assertNotContains(part, "<!doctype html>")
    assertTemplateUsed(part, "stage")
    assertContains(part, "<title>")
    for response in (page, part):
        assertContains(response, '<main id="stage"', count=1)
        assertContains(response, "<h1>", count=1)
        assert "HX-Request" in response["Vary"]


def test_course_list_gives_the_page_to_a_restored_history_entry(client):
    response = client.get("/", headers={**HTMX, "HX-History-Restore-Request": "true"})

    assertContains(response, "<!doctype html>")


def test_course_list_says_so_when_the_shelves_are_empty(client):
    assertContains(client.get("/"), "The shelves are being filled.")


@pytest.mark.parametrize("number", [3, 300])
def test_course_list_takes_two_queries_however_many_courses(
    client, number, django_assert_num_queries
):
    fill_shelf(number)

    with django_assert_num_queries(2):  # courses, bundles
        response = client.get("/")

    assert len(titles(response)) == min(number, COURSES_PER_PAGE)


def test_course_list_shows_more_below_what_is_there(client):
    fill_shelf(COURSES_PER_PAGE + 2)

    first = client.get("/")
    more = client.get("/?page=2", headers=HTMX)

    assertContains(first, 'hx-get="?page=2"', count=1)
    assert len(titles(more)) == 2
    assertTemplateUsed(more, "cards")
    assertNotContains(more, '<main id="stage"')
    assertNotContains(more, "Show more")
    assert not set(titles(first)) & set(titles(more))


def test_course_list_shows_more_without_javascript(client):
    fill_shelf(COURSES_PER_PAGE + 2)

    assertContains(client.get("/"), 'href="?page=2"', count=1)
    page = client.get("/?page=2")

    assert len(titles(page)) == 2
    assertContains(page, "<!doctype html>")
    assertContains(page, "Back to the first courses")
    assertContains(page, "<h1", count=1)


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "²", "9" * 30, "1.5"])
def test_course_list_shows_the_first_page_for_a_number_that_makes_no_sense(client, number):
    create_course(title="Bread")

    assert titles(client.get("/", {"page": number})) == ["Bread"]


def test_course_list_has_no_page_beyond_the_last(client):
    create_course()

    assert client.get("/?page=2").status_code == 404


@MODES
def test_course_list_leaves_no_trace_of_somebody_who_only_looks(client, headers):
    course = create_course(lessons=1)

    for url in ("/", course.get_absolute_url(), "/cart/"):
        response = client.get(url, headers=headers)
        assert dict(response.cookies) == {}

    assert not Session.objects.exists()


def test_course_list_opens_what_one_owns_and_offers_the_rest(client):
    mine, other = create_course(title="Bread", lessons=2), create_course(title="Stars")
    learner = create_learner()
    enroll(learner, course=mine)
    client.force_login(learner)

    response = client.get("/")

    assertContains(response, f'id="buy-action-{mine.slug}"', count=1)
    assertContains(response, "Open course", count=1)
    assertContains(response, f'<input type="hidden" name="course" value="{other.slug}">', count=1)
    assertNotContains(response, f'name="course" value="{mine.slug}"')


def test_course_list_offers_no_csrf_token_to_strangers(client):
    create_course()

    assertNotContains(client.get("/"), "csrfmiddlewaretoken")
