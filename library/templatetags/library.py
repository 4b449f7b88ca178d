"""What any page may ask of the library."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context

from catalog.models import Course
from library.guests import Guest, viewer_of
from library.models import Enrollment, LessonProgress, StudyProgress
from library.outline import outline_of
from library.shelf import Study, shelf_of
from project.accounts.models import User

register = template.Library()

_OWNED = "_owned_course_ids"
_CONTINUED_AT_MOST = 3


@register.simple_tag(takes_context=True)
def owned_course_ids(context: Context) -> frozenset[int]:
    """Return the pks of the courses that the visitor may study.

    Asked once a request, however many cards a page shows.
    """
    viewer = _viewer(context)
    if viewer is None:
        return frozenset()
    known: dict[str, Any] = context["request"].__dict__
    if _OWNED not in known:
        if isinstance(viewer, Guest):
            seats = Enrollment.objects.unclaimed().filter(pk__in=viewer.seats)
        else:
            seats = Enrollment.objects.active().held_by(viewer)
        known[_OWNED] = frozenset(seats.values_list("course_id", flat=True))
    owned: frozenset[int] = known[_OWNED]
    return owned


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


@register.simple_tag(takes_context=True)
def unfinished_studies(context: Context) -> list[Study]:
    """Return the courses that the visitor may go on with, last studied first."""
    viewer = _viewer(context)
    if viewer is None:
        return []
    studies = [study for study in shelf_of(viewer) if study.is_open and study.progress.next_lesson]
    return studies[:_CONTINUED_AT_MOST]


def _viewer(context: Context) -> User | Guest | None:
    """Return who studies, if they do. Error pages may have neither a request nor a user."""
    request = context.get("request")
    viewer = viewer_of(request) if request and getattr(request, "user", None) else None
    return viewer if isinstance(viewer, User | Guest) else None
