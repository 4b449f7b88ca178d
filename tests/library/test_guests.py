"""Studying without an account: in the browser that bought, while nobody has claimed the seat."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from library.access import can_open, can_view, has_seat
from library.guests import DONE, SEATS, Guest, carry_over, let_study, mark, viewer_of
from library.models import Enrollment, LessonProgress
from library.shelf import shelf_of
from tests.checkout.test_orders import text_of
from tests.factories import (
    complete,
    create_course,
    create_learner,
    create_lesson,
    create_seat,
    enroll,
)
from tests.library.conftest import HTMX

pytestmark = pytest.mark.django_db

SECRET = "What only learners read."


@pytest.fixture
def course():
    course = create_course(title="Knots", slug="knots", lessons=1)
    section = course.sections.get()
    create_lesson(section=section, title="Bowline", slug="bowline", body=SECRET)
    course.refresh_from_db()
    return course


@pytest.fixture
def seat(course):
    return create_seat(course=course)


@pytest.fixture
def browser(seat):
    """A browser that may study the seat."""
    client = Client()
    session = client.session
    session[SEATS] = [seat.pk]
    session.save()
    client.cookies["session"] = session.session_key
    return client


def request_of(session=None, user=None):
    request = RequestFactory().get("/")
    request.session = {} if session is None else session
    request.user = user or AnonymousUser()
    return request


LESSON, DO = "/library/knots/bowline/", "/library/knots/bowline/completion/"


def test_viewer_is_a_guest_only_with_seats_and_without_an_account():
    person = create_learner()

    assert isinstance(viewer_of(request_of({SEATS: [1]})), Guest)
    assert not isinstance(viewer_of(request_of({SEATS: []})), Guest)
    assert not isinstance(viewer_of(request_of()), Guest)
    assert viewer_of(request_of({SEATS: [1]}, person)) == person


def test_guest_opens_the_seat_that_waits_and_nothing_else(course, seat):
    other = create_course(lessons=1)
    create_seat(course=other)
    guest = Guest([seat.pk], [])

    assert has_seat(course, guest)
    assert can_view(course.lessons.first(), guest)
    assert not can_open(other, guest)
    assert not can_open(course, Guest([], []))
    assert not can_open(course, AnonymousUser())


@pytest.mark.parametrize(
    "close",
    [lambda seat: seat.suspend(), lambda seat: seat.revoke(), lambda s: s.claim(create_learner())],
    ids=["paused", "ended", "claimed"],
)
def test_guest_is_let_in_no_more_once_the_seat_is_not_free(browser, course, seat, close):
    assert SECRET in text_of(browser.get(LESSON))
    close(seat)

    for path in ("/library/knots/", LESSON):
        for headers in ({}, HTMX):
            response = browser.get(path, headers=headers)
            assert SECRET not in response.content.decode()
            assert response.status_code == (200 if headers else 303)
            assert ("HX-Redirect" in response) is bool(headers)
    assert browser.post(DO, {"done": "1"}).status_code == 303
    assert DONE not in browser.session


def test_guest_hears_that_a_seat_is_on_hold(browser, seat):
    seat.suspend()

    assert browser.get(LESSON)["Location"] == "/library/"
    page = text_of(browser.get("/library/"))
    assert "Your access to “Knots” is on hold." in page
    assert "On hold" in page
    assert 'href="/library/knots/' not in page


def test_guest_marks_lessons_in_the_session(browser, course):
    page = browser.post(DO, {"done": "1"}, headers=HTMX)

    assert "1 of 2" in text_of(page)
    assert "1 of 2 lessons done" in text_of(browser.get("/library/"))
    assert not LessonProgress.objects.exists()

    browser.post(DO, {"done": "0"})
    assert "0 of 2 lessons done" in text_of(browser.get("/library/"))


def test_guest_finds_the_courses_on_shelf_front_page_and_course_page(browser):
    assert "Knots" in text_of(browser.get("/library/"))
    assert "Go on where you were" in text_of(browser.get("/"))
    assert 'href="/library/"' in text_of(browser.get("/"))
    assert "Add to cart" not in text_of(browser.get("/courses/knots/"))


@pytest.mark.parametrize("number", [1, 30])
def test_shelf_of_a_guest_takes_as_many_queries_for_any_number(
    number, browser, seat, django_assert_num_queries
):
    seats = [create_seat(course=create_course(lessons=2)) for _ in range(number)]

    # The seats with their courses, and the outlines of all.
    with django_assert_num_queries(2):
        assert len(shelf_of(Guest([seat.pk for seat in seats], []))) == number


def test_session_remembers_the_latest_seats_only(monkeypatch):
    monkeypatch.setattr("library.guests.MOST_SEATS", 3)
    request = request_of()

    let_study(request, [1, 2])
    let_study(request, [2, 3, 4])

    assert request.session[SEATS] == [2, 3, 4]


def test_what_was_done_goes_to_who_claimed_the_seat(course, seat):
    learner, (first, second) = create_learner(), course.lessons.order_by("pk")
    request = request_of({SEATS: [seat.pk]})
    mark(request, first, is_done=True)
    mark(request, second, is_done=True)
    [before] = complete(learner, first)
    seat.claim(learner)

    carry_over(request, learner)

    assert set(LessonProgress.objects.values_list("lesson", flat=True)) == {first.pk, second.pk}
    assert LessonProgress.objects.get(lesson=first).completed_at == before.completed_at
    assert request.session == {SEATS: [], DONE: {}}


def test_what_was_done_goes_to_nobody_else(course, seat):
    """Browsers are shared: having the course, or signing in here, is not having bought it."""
    learner, holder = create_learner(), create_learner()
    enroll(learner, course=course)
    request = request_of({SEATS: [seat.pk]})
    mark(request, course.lessons.first(), is_done=True)

    carry_over(request, learner)
    seat.claim(holder)
    carry_over(request, learner)

    assert not LessonProgress.objects.exists()
    assert request.session[SEATS] == [seat.pk]


def test_what_was_done_comes_along_to_who_had_the_course_already(course, seat):
    learner = create_learner()
    enroll(learner, course=course)
    request = request_of({SEATS: [seat.pk]})
    mark(request, course.lessons.first(), is_done=True)

    carry_over(request, learner, also=[seat.pk])

    assert LessonProgress.objects.get().learner == learner
    assert request.session == {SEATS: [], DONE: {}}


def test_signing_out_forgets_what_this_browser_may_study(browser):
    browser.force_login(create_learner())
    browser.logout()

    assert SEATS not in browser.session
    assert browser.get(LESSON).status_code == 303
    assert Enrollment.objects.get().is_unclaimed
