"""What any page may ask of the library."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from library.having import having
from library.models import EnrollmentStatus
from tests.factories import (
    complete,
    create_course,
    create_learner,
    create_lesson,
    create_seat,
    create_section,
    enroll,
)

pytestmark = pytest.mark.django_db


def context_of(viewer, **others):
    request = RequestFactory().get("/")
    request.user = viewer
    return Context({"request": request, "user": viewer, **others})


def render(source, context):
    return Template("{% load library study %}" + source).render(context).strip()


def test_owned_course_ids_are_those_with_an_active_seat():
    learner = create_learner()
    owned = create_course()
    enroll(learner, course=owned)
    enroll(learner, status=EnrollmentStatus.SUSPENDED)
    enroll(learner, status=EnrollmentStatus.REVOKED)
    enroll()
    create_seat()
    context = context_of(learner)

    render("{% owned_course_ids as owned %}", context)

    assert context["owned"] == {owned.pk}


def test_owned_course_ids_are_asked_once_a_request(django_assert_num_queries):
    enrollment = enroll()
    context = context_of(enrollment.learner)
    source = "{% owned_course_ids as owned %}{{ owned|length }}"

    with django_assert_num_queries(1):
        assert render(source * 3, context) == "111"


def test_owned_course_ids_of_two_requests_are_apart():
    first, second = enroll(), enroll()
    contexts = [context_of(first.learner), context_of(second.learner)]

    for context in contexts:
        render("{% owned_course_ids as owned %}", context)

    assert [context["owned"] for context in contexts] == [{first.course_id}, {second.course_id}]


@pytest.mark.parametrize(
    "context", [Context({}), Context({"request": RequestFactory().get("/")}), None]
)
def test_tags_know_nothing_of_strangers_and_ask_nothing(context, django_assert_num_queries):
    course = create_course(lessons=2)
    context = context or context_of(AnonymousUser())
    context["course"] = course

    with django_assert_num_queries(0):
        render(
            "{% owned_course_ids as owned %}{% unfinished_studies as studies %}"
            "{% study_progress course as progress %}{% continued_studies %}",
            context,
        )

    assert context["owned"] == frozenset()
    assert context["studies"] == []
    progress = context["progress"]
    assert (progress.done, progress.total, progress.percent) == (0, 2, 0)


@pytest.mark.parametrize(
    ("total", "done", "percent", "is_finished"),
    [(3, 0, 0, False), (3, 1, 33, False), (3, 2, 66, False), (3, 3, 100, True), (0, 0, 0, False)],
)
def test_study_progress_tells_how_far_one_is(total, done, percent, is_finished):
    course = create_course(lessons=total)
    learner = enroll(course=course).learner
    lessons = list(course.lessons.all())
    complete(learner, *lessons[:done])
    complete(create_learner(), *lessons)
    context = context_of(learner, course=course)

    render("{% study_progress course as progress %}", context)

    progress = context["progress"]
    assert (progress.done, progress.total, progress.percent) == (done, total, percent)
    assert progress.is_finished is is_finished
    assert progress.next_lesson == (lessons[done] if done < total else None)


def test_study_progress_goes_on_in_the_order_of_sections_and_lessons():
    course = create_course()
    late, early = create_section(course=course), create_section(course=course)
    lessons = [create_lesson(section=section) for section in (late, early, early)]
    late.position, early.position = 2, 1
    lessons[1].position, lessons[2].position = 9, 8
    for row in (late, early, *lessons):
        row.save()
    learner = enroll(course=course).learner
    in_order = [lessons[2], lessons[1], lessons[0]]

    for lesson in in_order:
        context = context_of(learner, course=course)
        render("{% study_progress course as progress %}", context)
        assert context["progress"].next_lesson == lesson
        complete(learner, lesson)


def test_continue_offers_what_is_not_finished_last_studied_first():
    learner = create_learner()
    courses = [create_course(title=f"No. {number}", lessons=2) for number in range(5)]
    for course in courses:
        enroll(learner, course=course)
    on_hold = enroll(learner, status=EnrollmentStatus.SUSPENDED).course
    complete(learner, courses[0].lessons.first())
    complete(learner, *courses[3].lessons.all())
    context = context_of(learner)

    render("{% unfinished_studies as studies %}", context)
    page = render("{% continued_studies %}", context)

    assert [study.course for study in context["studies"]] == [courses[0], courses[4], courses[2]]
    assert [course.title in page for course in courses] == [True, False, True, False, True]
    assert on_hold.title not in page


def test_what_one_goes_on_with_tells_what_one_has(django_assert_num_queries):
    learner = create_learner()
    enroll(learner, course=create_course(lessons=2))
    for status in EnrollmentStatus:
        if status != EnrollmentStatus.UNCLAIMED:
            enroll(learner, course=create_course(lessons=1), status=status)
    now = timezone.now()
    for status, days in (("ended", -1), ("active", -1), ("active", 1)):
        seat = enroll(learner, course=create_course(lessons=1))
        times = {"starts_at": now - timedelta(days=9), "ends_at": now + timedelta(days=days)}
        type(seat).objects.filter(pk=seat.pk).update(status=status, **times)
    asked = context_of(learner)["request"]
    told = context_of(learner)

    with django_assert_num_queries(1):
        render("{% unfinished_studies as studies %}", told)
        had = having(told["request"])

    assert had == having(asked)
    assert had.lapsed
    assert had.owned - had.since.keys()


@pytest.mark.parametrize("number", [1, 30])
def test_continue_takes_one_query_for_any_number_of_courses(number, django_assert_num_queries):
    learner = create_learner()
    for _ in range(number):
        enroll(learner, course=create_course(lessons=2))

    with django_assert_num_queries(1):
        render("{% continued_studies %}", context_of(learner))
