"""My courses, and what there is to go on with."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from catalog.models import CourseStatus
from library.models import EnrollmentStatus
from library.shelf import shelf_of
from tests.factories import complete, create_course, create_learner, create_seat, enroll

SHELF = "/library/"


def test_shelf_has_its_address():
    assert reverse("library:shelf") == SHELF


def test_shelf_asks_strangers_to_sign_in(visitor):
    response = visitor.get(SHELF)

    assert visitor.is_sent_to(response) == "/accounts/login/?next=%2Flibrary%2F"


def test_shelf_shows_progress_and_what_comes_next(visitor):
    course = create_course(title="Knots & more", lessons=3)
    first, second, _ = course.lessons.all()
    enroll(visitor.sign_in(), course=course)
    complete(visitor.learner, first)

    page = visitor.get(SHELF).content.decode()

    assert escape("Knots & more") in page
    assert '<progress class="progress" max="3" value="1"' in page
    assert "1 of 3 lessons done" in page
    assert f"/library/{course.slug}/{second.slug}/" in page
    assert "Continue" in page
    assert ("<html" in page) is not visitor.uses_htmx
    assert page.count("<title>Library</title>") == 1


def test_shelf_offers_to_start_what_was_not_begun(browser):
    course = create_course(lessons=2)
    enroll(browser.sign_in(), course=course)

    page = browser.get(SHELF).content.decode()

    assert "Start</span>" in page
    assert "Continue" not in page


def test_shelf_says_what_is_finished(browser):
    course = create_course(lessons=2)
    enroll(browser.sign_in(), course=course)
    complete(browser.learner, *course.lessons.all())

    assert "Finished" in browser.get(SHELF).content.decode()


def test_shelf_keeps_archived_courses(browser):
    course = create_course(title="Old times", status=CourseStatus.ARCHIVED, lessons=1)
    enroll(browser.sign_in(), course=course)

    assert "Old times" in browser.get(SHELF).content.decode()


def test_shelf_tells_of_access_on_hold_and_leads_nowhere(browser):
    course = create_course(title="Paused", lessons=1)
    enroll(browser.sign_in(), course=course, status=EnrollmentStatus.SUSPENDED)

    page = browser.get(SHELF).content.decode()

    assert "Paused" in page
    assert "On hold" in page
    assert f"/library/{course.slug}/" not in page


def test_shelf_without_courses_offers_some_that_are_listed(visitor):
    listed = [create_course() for _ in range(4)]
    for status in (CourseStatus.DRAFT, CourseStatus.UNLISTED, CourseStatus.ARCHIVED):
        create_course(status=status)
    visitor.sign_in()

    response = visitor.get(SHELF)

    assert list(response.context["suggestions"]) == listed[:0:-1]
    assert "You have no courses yet" in response.content.decode()


def test_shelf_is_in_the_order_in_which_one_studies(db):
    learner = create_learner()
    courses = [create_course(lessons=1) for _ in range(3)]
    for course in courses:
        enroll(learner, course=course)
    complete(learner, courses[1].lessons.get())
    complete(learner, courses[0].lessons.get())

    assert [study.course for study in shelf_of(learner)] == [courses[0], courses[1], courses[2]]


def test_shelf_shows_nothing_of_other_people(browser):
    other = create_course(title="Not mine", lessons=1)
    enroll(course=other)
    create_seat(course=other)
    mine = create_course(title="Mine", lessons=1)
    enroll(browser.sign_in(), course=mine)
    enroll(browser.learner, course=other, status=EnrollmentStatus.REVOKED)
    complete(create_learner(), mine.lessons.get())

    page = browser.get(SHELF).content.decode()

    assert "Not mine" not in page
    assert "0 of 1 lesson done" in page


@pytest.mark.parametrize("number", [1, 30])
def test_shelf_takes_as_many_queries_for_30_courses_as_for_one(
    visitor, django_assert_num_queries, number
):
    visitor.sign_in()
    for _ in range(number):
        course = create_course(lessons=2)
        enroll(visitor.learner, course=course)
        complete(visitor.learner, course.lessons.first())

    # The session, the person, what waits for them, the seats with what is done, what comes next,
    # what there is to give away; the page also its cart.
    with django_assert_num_queries(5 if visitor.uses_htmx else 6):
        visitor.get(SHELF)


def test_shelf_is_kept_by_no_shared_cache(visitor):
    visitor.sign_in()

    response = visitor.get(SHELF)

    assert set(response["Cache-Control"].split(", ")) == {"private", "no-cache"}
    assert "HX-Request" in response["Vary"]
