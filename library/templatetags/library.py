"""What any page may ask of the library."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.db.models.functions import Coalesce
from django.template import Context
from django.utils import timezone

from catalog.models import Course, Lesson, Section
from library import watching
from library.access import may_change_courses, seats_of
from library.guests import Guest, viewer_of
from library.models import (
    Enrollment,
    EnrollmentQuerySet,
    EnrollmentStatus,
    LessonProgress,
    Review,
    StudyProgress,
)
from library.outline import outline_of
from library.shelf import Study, shelf_of
from library.watching import LessonMedia
from project.accounts.models import User

register = template.Library()

_OWNED, _LAPSED = "_owned_courses", "_lapsed_courses"
_REVIEWS = "_latest_reviews"
_CONTINUED_AT_MOST = 3
_REVIEWS_AT_FIRST = 5
_OPEN = (EnrollmentStatus.ACTIVE, EnrollmentStatus.UNCLAIMED)


@register.simple_tag(takes_context=True)
def owned_course_ids(context: Context) -> frozenset[int]:
    """Return the pks of the courses that the visitor may study.

    Asked once a request, however many cards a page shows.
    """
    return frozenset(_owned(context))


@register.simple_tag(takes_context=True)
def lapsed_course_ids(context: Context) -> frozenset[int]:
    """Return the pks of the courses that the visitor had for a time that is over."""
    _owned(context)
    request = context.get("request")
    lapsed: frozenset[int] = getattr(request, _LAPSED, frozenset())
    return lapsed


@register.simple_tag(takes_context=True)
def opening_of(context: Context, lesson: Lesson, section: Section) -> datetime | None:
    """Return when a section's lesson opens to the visitor, if they have it and it has yet to."""
    viewer = _viewer(context)
    since = _owned(context).get(lesson.course_id)
    if since is None or viewer is None or may_change_courses(viewer):
        return None
    lesson.section = section
    return lesson.opens_at(since)


@register.filter
def unowned_first(courses: Iterable[Course], owned: frozenset[int]) -> list[Course]:
    """Put the courses that the visitor has already behind the others."""
    return sorted(courses, key=lambda course: course.pk in owned)


@register.simple_tag(takes_context=True)
def study_progress(context: Context, course: Course) -> StudyProgress:
    """Return how far the visitor is in the course, in two queries: not for use in a list."""
    viewer = _viewer(context)
    if viewer is None:
        return StudyProgress(done=0, total=course.lesson_count)
    if isinstance(viewer, Guest):
        return outline_of(course, viewer).progress
    return LessonProgress.objects.by_course(viewer, [course])[course.pk]


@register.simple_tag
def latest_reviews(course: Course) -> list[Review]:
    """Return what learners said last of the course. Asked once, and not if there is nothing."""
    if _REVIEWS not in course.__dict__:
        shown = Review.objects.shown(course)[:_REVIEWS_AT_FIRST] if course.rating_count else []
        course.__dict__[_REVIEWS] = list(shown)
    reviews: list[Review] = course.__dict__[_REVIEWS]
    return reviews


@register.simple_tag(takes_context=True)
def media_of(context: Context, lesson: Lesson) -> LessonMedia:
    """Return what a lesson that anyone may see has beside its text."""
    asked = context["request"].GET.get("t", "")
    found = Lesson.objects.with_media().get(pk=lesson.pk)
    return watching.media_of(found, _viewer(context) or AnonymousUser(), asked=asked)


@register.simple_tag(takes_context=True)
def unfinished_studies(context: Context) -> list[Study]:
    """Return the courses that the visitor may go on with, last studied first."""
    viewer = _viewer(context)
    if viewer is None:
        return []
    studies = [study for study in shelf_of(viewer) if study.is_open and study.progress.next_lesson]
    return studies[:_CONTINUED_AT_MOST]


def _owned(context: Context) -> dict[int, datetime]:
    """Return the courses that the visitor may study, by their pks, with since when."""
    viewer = _viewer(context)
    if viewer is None:
        return {}
    known: dict[str, Any] = context["request"].__dict__
    if _OWNED not in known:
        seats = _seats_that_count(viewer).values_list(
            "course_id", Coalesce("starts_at", "created_at"), "status", "ends_at"
        )
        now = timezone.now()
        had = [(pk, since, status, bool(end and end <= now)) for pk, since, status, end in seats]
        known[_OWNED] = {
            pk: since for pk, since, status, is_over in had if status in _OPEN and not is_over
        }
        lapsed = {pk for pk, _, _, is_over in had if is_over}
        known[_LAPSED] = frozenset(lapsed - known[_OWNED].keys())
    owned: dict[int, datetime] = known[_OWNED]
    return owned


def _seats_that_count(viewer: User | Guest) -> EnrollmentQuerySet:
    """Return the seats that the viewer may study by, and those that they have had."""
    return seats_of(viewer) if isinstance(viewer, Guest) else Enrollment.objects.latest_of(viewer)


def _viewer(context: Context) -> User | Guest | None:
    """Return who studies, if they do. Error pages may have neither a request nor a user."""
    request = context.get("request")
    viewer = viewer_of(request) if request and getattr(request, "user", None) else None
    return viewer if isinstance(viewer, User | Guest) else None
