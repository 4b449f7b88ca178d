"""What the pages of the library have in common: who comes in, and who is led elsewhere."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control

from catalog.models import Course, CourseStatus, Lesson
from catalog.models.course_queries import UNSEEN_FIELDS
from library.guests import Guest, viewer_of
from library.models import Enrollment, LessonQuestion, Note
from project.accounts.models import User
from project.htmx import HtmxRequest, redirect_browser, sign_in_first
from project.prepared import Given, Prepared
from project.written import day

# What a page shows depends on who looks, so no cache keeps it for somebody else.
personal = cache_control(private=True, no_cache=True)


def find_lesson(request: HtmxRequest, course_slug: str, lesson_slug: str) -> Lesson:
    """Return the lesson with its course, section and media, and with how much was asked about it.

    With what the visitor has noted on it, too. Raise ``Http404`` if there is none.
    """
    lesson = _lessons.first(course=course_slug, lesson=lesson_slug, learner=request.user.pk or 0)
    if lesson is None:
        raise Http404
    return lesson


def _lessons_with_all() -> "QuerySet[Lesson]":
    notes = Note.objects.filter(learner=Given("learner"), lesson=OuterRef("pk"))
    lessons = Lesson.objects.select_related("course", "section").with_media()
    return lessons.defer(*(f"course__{name}" for name in UNSEEN_FIELDS)).annotate(
        questions_asked=LessonQuestion.objects.number_on(OuterRef("pk")),
        noted=Subquery(notes.values(said=JSONObject(text="text", version="version"))),
    )


_lessons = Prepared(
    lambda: _lessons_with_all().filter(course__slug=Given("course"), slug=Given("lesson"))
)


def turn_away(request: HtmxRequest, course: Course, *, page: str = "") -> HttpResponse:
    """Lead somebody who may not see the course to where they can do something about it.

    A draft does not exist for them.
    """
    if course.status == CourseStatus.DRAFT:
        raise Http404
    viewer = viewer_of(request)
    if ended := _last_ended(viewer, course):
        told = gettext("Your access to “%(course)s” ended on %(day)s. What you have done is kept.")
        messages.info(request, told % {"course": course, "day": day(ended)})
        return redirect_browser(request, course.get_absolute_url())
    if _has_paused(viewer, course):
        told = gettext("Your access to “%(course)s” is on hold.")
        messages.warning(request, told % {"course": course})
        return redirect_browser(request, reverse("library:shelf"))
    if viewer.is_anonymous:
        return sign_in_first(request, next_url=page or request.path)
    messages.info(request, gettext("“%(course)s” is not in your library yet.") % {"course": course})
    return redirect_browser(request, course.get_absolute_url())


def person(request: HtmxRequest) -> User:
    """Return who is signed in, where that is certain."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def _has_paused(viewer: User | AnonymousUser, course: Course) -> bool:
    """Return whether the viewer has a seat that waits for something to be cleared up."""
    if isinstance(viewer, User):
        seats = Enrollment.objects.current().held_by(viewer)
    elif isinstance(viewer, Guest):
        seats = Enrollment.objects.waiting().filter(pk__in=viewer.seats)
    else:
        return False
    return seats.filter(course=course).exists()


def _last_ended(viewer: User | AnonymousUser, course: Course) -> datetime | None:
    """Return when the viewer's time in the course was over, if nothing else keeps them out."""
    if not isinstance(viewer, User):
        return None
    seat = Enrollment.objects.latest_of(viewer).filter(course=course).first()
    return seat.ends_at if seat and seat.is_over else None
