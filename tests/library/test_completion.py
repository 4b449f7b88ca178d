"""Marking lessons as done, and as not done."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection
from django.urls import reverse

from library.models import EnrollmentStatus, LessonProgress
from tests.factories import complete, create_course, create_learner, create_lesson, enroll

URL = "/library/knots/bowline/completion/"


@pytest.fixture
def course(db):
    course = create_course(title="Knots", slug="knots", lessons=1)
    create_lesson(section=course.sections.get(), title="Bowline")
    create_lesson(section=course.sections.get(), title="Clove hitch")
    return course


@pytest.fixture
def bowline(course):
    return course.lessons.get(slug="bowline")


def done():
    return sorted(LessonProgress.objects.values_list("learner_id", "lesson__slug"))


def test_completion_has_its_address():
    assert reverse("library:completion", args=["knots", "bowline"]) == URL


def test_completion_marks_the_lesson_as_done(visitor, course):
    enroll(visitor.sign_in(), course=course)

    response = visitor.post(URL, {"done": "1"})

    assert done() == [(visitor.learner.pk, "bowline")]
    if not visitor.uses_htmx:
        assert visitor.is_sent_to(response) == "/library/knots/bowline/#completion"


def test_completion_takes_the_mark_away_and_leaves_all_others(visitor, course, bowline):
    enroll(visitor.sign_in(), course=course)
    other = create_learner()
    complete(visitor.learner, *course.lessons.all())
    complete(other, bowline)
    first = course.lessons.first()

    visitor.post(URL, {"done": "0"})

    assert done() == [
        (visitor.learner.pk, "clove-hitch"),
        (visitor.learner.pk, first.slug),
        (other.pk, "bowline"),
    ]


def test_completion_answers_htmx_with_the_control_the_progress_and_the_mark(htmx, course, bowline):
    enroll(htmx.sign_in(), course=course)

    answer = htmx.post(URL, {"done": "1"}).content.decode()

    assert answer.count('id="completion"') == 1
    assert '<div class="study-progress" id="progress" hx-swap-oob="true">' in answer
    assert "1 of 3 lessons done" in answer
    mark = f'<span class="outline-mark is-done" id="mark-{bowline.pk}" hx-swap-oob="true">'
    assert mark in answer
    assert "Not done yet" in answer
    assert "<html" not in answer
    assert "<main" not in answer


def test_completion_puts_the_next_lesson_at_hand(htmx, course):
    enroll(htmx.sign_in(), course=course)

    answer = htmx.post(URL, {"done": "1"}).content.decode()

    assert answer.count("autofocus") == 1
    onward = answer.split('class="turn turn-on turn-now"')[1].split(">")[0]
    assert 'href="/library/knots/clove-hitch/"' in onward
    assert "autofocus" in onward


def test_completion_taken_back_leaves_the_focus_on_the_control(htmx, course, bowline):
    enroll(htmx.sign_in(), course=course)
    complete(htmx.learner, bowline)

    answer = htmx.post(URL, {"done": "0"}).content.decode()

    assert answer.count("autofocus") == 1
    assert 'id="mark-done" autofocus' in answer
    assert f'<span class="outline-mark" id="mark-{bowline.pk}" hx-swap-oob="true">' in answer


def test_completion_of_the_last_lesson_says_that_the_course_is_finished(htmx, course, bowline):
    enroll(htmx.sign_in(), course=course)
    complete(htmx.learner, *course.lessons.exclude(pk=bowline.pk))

    answer = htmx.post(URL, {"done": "1"}).content.decode()

    assert "You have finished Knots." in answer
    assert answer.count("autofocus") == 1


def test_completion_again_changes_nothing(visitor, course):
    enroll(visitor.sign_in(), course=course)
    visitor.post(URL, {"done": "1"})
    first_time = LessonProgress.objects.get().completed_at

    assert visitor.post(URL, {"done": "1"}).status_code in (200, 303)
    assert LessonProgress.objects.get().completed_at == first_time
    visitor.post(URL, {"done": "0"})
    assert visitor.post(URL, {"done": "0"}).status_code in (200, 303)
    assert done() == []


@pytest.mark.parametrize("data", [{}, {"done": ""}, {"done": "2"}, {"done": "yes"}])
def test_completion_refuses_what_is_neither_yes_nor_no(visitor, course, data):
    enroll(visitor.sign_in(), course=course)

    assert visitor.post(URL, data).status_code == 400
    assert done() == []


def test_completion_takes_only_posts(visitor, course):
    enroll(visitor.sign_in(), course=course)

    assert visitor.get(URL).status_code == 405


def test_completion_sends_strangers_to_sign_in_and_back_to_the_lesson(visitor, course):
    response = visitor.post(URL, {"done": "1"})

    back = "%2Flibrary%2Fknots%2Fbowline%2F"
    assert visitor.is_sent_to(response) == f"/accounts/login/?next={back}"
    assert done() == []


@pytest.mark.parametrize("status", [None, EnrollmentStatus.SUSPENDED, EnrollmentStatus.REVOKED])
def test_completion_needs_an_active_seat(visitor, course, status):
    course.lessons.update(is_preview=True)
    visitor.sign_in()
    if status:
        enroll(visitor.learner, course=course, status=status)

    response = visitor.post(URL, {"done": "1"})

    on_hold = status == EnrollmentStatus.SUSPENDED
    assert visitor.is_sent_to(response) == ("/library/" if on_hold else "/courses/knots/")
    assert done() == []


@pytest.mark.parametrize("number", [2, 30])
def test_completion_takes_as_many_queries_among_30_lessons_as_alone(
    htmx, django_assert_num_queries, number
):
    course = create_course(slug="long", lessons=number)
    enroll(htmx.sign_in(), course=course)
    url = f"/library/long/{course.lessons.first().slug}/completion/"

    # The session, the person, the lesson, the seat; in a transaction (two) the seat's lock, the
    # questions, the mark, the certificate, what is left to do; outline, questions and note.
    with django_assert_num_queries(12):
        htmx.post(url, {"done": "1"})


def two_marks_at_once(mark, bowline):
    """Have one learner mark the lesson twice at the same moment; return the errors."""
    learner, starting_line = create_learner(), Barrier(2, timeout=10)

    def try_it(_):
        try:
            mark(learner, bowline, starting_line)
        except IntegrityError as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return [error for error in pool.map(try_it, range(2)) if error]


def mark_in_one_insert(learner, lesson, starting_line):
    starting_line.wait()
    LessonProgress.objects.mark(learner, lesson)


def mark_naively(learner, lesson, starting_line):
    is_marked = LessonProgress.objects.filter(learner=learner, lesson=lesson).exists()
    starting_line.wait()
    if not is_marked:
        LessonProgress.objects.create(learner=learner, lesson=lesson)


@pytest.mark.django_db(transaction=True)
def test_completion_survives_a_double_click():
    lesson = create_lesson()

    assert two_marks_at_once(mark_in_one_insert, lesson) == []
    assert LessonProgress.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_completion_that_looks_first_would_fail_on_a_double_click():
    assert two_marks_at_once(mark_naively, create_lesson()) == [IntegrityError]
