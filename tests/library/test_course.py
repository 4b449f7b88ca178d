"""The course that one has: its outline, and what comes next."""

import pytest
from django.urls import reverse

from catalog.models import CourseStatus
from library.models import EnrollmentStatus
from tests.factories import (
    complete,
    create_course,
    create_lesson,
    create_section,
    create_staff,
    enroll,
)


@pytest.fixture
def course(db):
    course = create_course(title="Knots", slug="knots", lessons=2)
    create_section(course=course, title="Nothing in it yet")
    return course


def test_course_has_its_address():
    assert reverse("library:course", args=["knots"]) == "/library/knots/"


def test_course_shows_the_outline_with_what_is_done(visitor, course):
    first, second = course.lessons.all()
    enroll(visitor.sign_in(), course=course)
    complete(visitor.learner, first)

    page = visitor.get("/library/knots/").content.decode()

    assert "1 of 2 lessons done" in page
    assert f"Continue: {second.title}" in page
    assert page.count('class="outline-mark is-done"') == 1
    assert f'class="outline-mark is-done" id="mark-{first.pk}"' in page
    assert page.count('class="outline-lesson"') == 2
    assert "Nothing in it yet" not in page
    assert ("<html" in page) is not visitor.uses_htmx
    assert page.count("<title>Knots</title>") == 1


def test_course_says_what_its_sections_are_about(browser):
    course = create_course(slug="knots")
    section = create_section(course=course, title="Loops", summary="Knots that stay open.")
    lesson = create_lesson(section=section)
    enroll(browser.sign_in(), course=course)

    assert "Knots that stay open." in browser.get("/library/knots/").content.decode()
    reading = browser.get(f"/library/knots/{lesson.slug}/").content.decode()
    assert "Knots that stay open." not in reading


def test_course_is_in_its_order(browser):
    course = create_course(slug="knots")
    late, early = create_section(course=course), create_section(course=course)
    late.position, early.position = 2, 1
    late.save()
    early.save()
    lessons = [
        create_lesson(section=late),
        create_lesson(section=early),
        create_lesson(section=early),
    ]
    lessons[1].position, lessons[2].position = 9, 8
    lessons[1].save()
    lessons[2].save()
    enroll(browser.sign_in(), course=course)

    response = browser.get("/library/knots/")

    shown = [item.lesson for item in response.context["outline"].items]
    assert shown == [lessons[2], lessons[1], lessons[0]]
    assert response.context["progress"].next_lesson == lessons[2]


@pytest.mark.parametrize(
    ("done", "lessons", "expected"),
    [
        (0, 2, "Start: "),
        (1, 2, "Continue: "),
        (2, 2, "You have finished this course."),
        (0, 0, "The lessons are still being written."),
    ],
)
def test_course_says_what_comes_next(browser, done, lessons, expected):
    course = create_course(slug="ropes", lessons=lessons)
    enroll(browser.sign_in(), course=course)
    complete(browser.learner, *course.lessons.all()[:done])

    assert expected in browser.get("/library/ropes/").content.decode()


def test_course_that_is_archived_stays_readable(visitor, course):
    enroll(visitor.sign_in(), course=course)
    course.archive()

    response = visitor.get("/library/knots/")

    assert response.status_code == 200
    assert "It stays yours to read" in response.content.decode()


def test_course_sends_strangers_to_sign_in_and_back(visitor, course):
    response = visitor.get("/library/knots/")

    assert visitor.is_sent_to(response) == "/accounts/login/?next=%2Flibrary%2Fknots%2F"


@pytest.mark.parametrize("status", ["published", "unlisted", "archived"])
def test_course_sends_people_without_a_seat_to_where_it_is_sold(visitor, course, status):
    course.status = status
    course.save()
    enroll(course=course)
    visitor.sign_in()

    response = visitor.get("/library/knots/")

    assert visitor.is_sent_to(response) == "/courses/knots/"
    assert visitor.messages() == ["“Knots” is not in your library yet."]


def test_course_sends_people_whose_seat_was_revoked_to_where_it_is_sold(visitor, course):
    enroll(visitor.sign_in(), course=course, status=EnrollmentStatus.REVOKED)

    assert visitor.is_sent_to(visitor.get("/library/knots/")) == "/courses/knots/"


def test_course_tells_that_access_is_on_hold(visitor, course):
    enroll(visitor.sign_in(), course=course, status=EnrollmentStatus.SUSPENDED)

    response = visitor.get("/library/knots/")

    assert visitor.is_sent_to(response) == "/library/"
    assert visitor.messages() == ["Your access to “Knots” is on hold."]


def test_course_that_is_a_draft_does_not_exist_for_others(visitor):
    create_course(slug="draft", status=CourseStatus.DRAFT, lessons=1)

    assert visitor.get("/library/draft/").status_code == 404
    visitor.sign_in()
    assert visitor.get("/library/draft/").status_code == 404


def test_course_that_is_a_draft_can_be_read_by_staff(visitor):
    create_course(slug="draft", status=CourseStatus.DRAFT, lessons=1)
    visitor.sign_in(create_staff())

    assert visitor.get("/library/draft/").status_code == 200


def test_course_that_is_not_there_is_not_found(visitor):
    visitor.sign_in()

    assert visitor.get("/library/nowhere/").status_code == 404


@pytest.mark.parametrize("number", [2, 30])
def test_course_takes_as_many_queries_for_30_lessons_as_for_one(
    visitor, django_assert_num_queries, number
):
    create_course(slug="long", lessons=number)
    course = create_course(slug="longer", lessons=number)
    enroll(visitor.sign_in(), course=course)
    complete(visitor.learner, course.lessons.first())

    # The session, the person, the course, the seat, where it came from, the outline, what is new,
    # their review; the page also its cart.
    with django_assert_num_queries(9 if visitor.uses_htmx else 10):
        visitor.get("/library/longer/")
