"""What any page may ask of the library."""

from collections.abc import Iterable
from datetime import datetime

from django import template
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template import Context

from catalog.models import Course, Lesson, Section
from library import watching
from library.access import may_change_courses
from library.guests import Guest, viewer_of
from library.having import Having, having, note_seats
from library.models import LessonProgress, Review, StudyProgress
from library.outline import outline_of
from library.shelf import Study, shelf_of
from library.watching import LessonMedia
from project.accounts.models import User

register = template.Library()

_REVIEWS = "_latest_reviews"
_CONTINUED_AT_MOST = 3
_REVIEWS_AT_FIRST = 5


@register.simple_tag(takes_context=True)
def owned_course_ids(context: Context) -> frozenset[int]:
    """Return the pks of the courses that the visitor may study.

    Asked once a request, however many cards a page shows.
    """
    return frozenset(_having(context).since)


@register.simple_tag(takes_context=True)
def lapsed_course_ids(context: Context) -> frozenset[int]:
    """Return the pks of the courses that the visitor had for a time that is over.

    A piece that knows no visitor (``project.kept``) is told which those are.
    """
    if "lapsed" in context:
        told: frozenset[int] = context["lapsed"]
        return told
    return _having(context).lapsed


@register.simple_tag(takes_context=True)
def has_library(context: Context) -> bool:
    """Return whether the visitor has shelves of their own. Asks nothing."""
    return _viewer(context) is not None


@register.simple_tag(takes_context=True)
def opening_of(context: Context, lesson: Lesson, section: Section) -> datetime | None:
    """Return when a section's lesson opens to the visitor, if they have it and it has yet to."""
    viewer = _viewer(context)
    since = _having(context).since.get(lesson.course_id)
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
    """Return how far the visitor is in the course, in one query: not for use in a list."""
    viewer = _viewer(context)
    if viewer is None:
        return StudyProgress(done=0, total=course.lesson_count)
    if isinstance(viewer, Guest):
        return outline_of(course, viewer).progress
    return LessonProgress.objects.in_course(viewer, course)


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
    """Return the courses that the visitor may go on with, last studied first.

    Asked once a request. It tells as well what the visitor has, and so a page that asks for this
    first need not ask for that.
    """
    viewer = _viewer(context)
    if viewer is None:
        return []
    request = context["request"]
    if not hasattr(request, "unfinished_studies"):
        request.unfinished_studies = _unfinished(request, viewer)
    found: list[Study] = request.unfinished_studies
    return found


def _unfinished(request: HttpRequest, viewer: User | Guest) -> list[Study]:
    studies = shelf_of(viewer)
    if isinstance(viewer, User):
        note_seats(request, [study.enrollment for study in studies])
    ahead = [study for study in studies if study.is_open and study.progress.next_lesson]
    return ahead[:_CONTINUED_AT_MOST]


def _having(context: Context) -> Having:
    """Return what the visitor has. Error pages may have neither a request nor a user."""
    return having(context["request"]) if _viewer(context) else Having()


def _viewer(context: Context) -> User | Guest | None:
    """Return who studies, if they do. Error pages may have neither a request nor a user."""
    request = context.get("request")
    viewer = viewer_of(request) if request and hasattr(request, "user") else None
    return viewer if isinstance(viewer, User | Guest) else None
