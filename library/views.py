"""The library: what one has, the courses themselves, and taking a seat."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.models import Course, CourseQuerySet, CourseStatus, Lesson
from library.access import can_open, can_view, is_free_preview
from library.arrivals import arrive
from library.guests import Guest, mark, viewer_of
from library.models import (
    AlreadyEnrolled,
    Enrollment,
    EnrollmentStatus,
    InvalidTransition,
    LessonProgress,
)
from library.outline import outline_of
from library.shelf import shelf_of
from project.accounts.models import User
from project.htmx import (
    HtmxRequest,
    redirect_browser,
    render_part,
    sign_in_first,
    wants_part,
)
from project.limits import Limit, limited

SUGGESTIONS = 3
CLAIMS = Limit("claim", times=20, seconds=3600)

# What a page shows depends on who looks, so no cache keeps it for somebody else.
personal = cache_control(private=True, no_cache=True)


@require_safe
@personal
def shelf(request: HtmxRequest) -> HttpResponse:
    """Show my courses, and what there is to go on with."""
    viewer = viewer_of(request)
    if isinstance(viewer, User):
        arrive(request, viewer)
    studies = shelf_of(viewer)
    if viewer.is_anonymous and not studies:
        return sign_in_first(request)
    suggestions = [] if studies else _suggestions()
    is_guest = viewer.is_anonymous
    context = {"studies": studies, "suggestions": suggestions, "is_guest": is_guest}
    return render_part(request, "library/shelf.html", "stage", context)


@require_safe
@personal
def course(request: HtmxRequest, course_slug: str) -> HttpResponse:
    """Show the course that I have: what is done, and what comes next."""
    courses = Course.objects.select_related("instructor")
    course = get_object_or_404(courses, slug=course_slug)
    viewer = viewer_of(request)
    if not can_open(course, viewer):
        return _turn_away(request, course)
    outline = outline_of(course, viewer)
    context = {
        "course": course,
        "outline": outline,
        "progress": outline.progress,
        "is_open": True,
    }
    return render_part(request, "library/course.html", "stage", context)


@require_safe
@personal
def lesson(request: HtmxRequest, course_slug: str, lesson_slug: str) -> HttpResponse:
    """Show a lesson to read, and its place in the course."""
    lesson = _find_lesson(course_slug, lesson_slug)
    viewer = viewer_of(request)
    if not can_view(lesson, viewer):
        return _turn_away(request, lesson.course)
    context = _reading(lesson, viewer)
    return render_part(request, "library/lesson.html", "stage", context)


@require_POST
def completion(request: HtmxRequest, course_slug: str, lesson_slug: str) -> HttpResponse:
    """Mark a lesson as done, or as not done."""
    lesson = _find_lesson(course_slug, lesson_slug)
    viewer = viewer_of(request)
    if not can_open(lesson.course, viewer):
        return _turn_away(request, lesson.course, page=_lesson_url(lesson))
    if request.POST.get("done") not in ("0", "1"):
        return HttpResponseBadRequest("Say done=1 or done=0.", content_type="text/plain")
    _note(request, lesson, is_done=request.POST["done"] == "1")
    if not wants_part(request):
        return redirect_browser(request, _lesson_url(lesson) + "#completion")
    context = {**_reading(lesson, viewer_of(request)), "is_fresh": True}
    return render(request, "library/lesson.html#completed", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@limited(CLAIMS)
def claim(request: HtmxRequest, token: str) -> HttpResponse:
    """Show whom a seat is waiting for, and give it to whoever is signed in and takes it."""
    seats = Enrollment.objects.select_related("course")
    try:
        seat = seats.get_by_claim_token(token)
    except Enrollment.DoesNotExist as error:
        raise Http404("There is no such seat.") from error
    if request.method == "POST":
        return _take(request, seat)
    context = {"seat": seat, "course": seat.course, "state": _seat_state(seat, request.user)}
    return render_part(request, "library/claim.html", "stage", context)


def _note(request: HtmxRequest, lesson: Lesson, *, is_done: bool) -> None:
    """Note the lesson for the learner, or in the session of somebody who has no account."""
    if request.user.is_anonymous:
        mark(request, lesson, is_done=is_done)
    elif is_done:
        LessonProgress.objects.mark(_person(request), lesson)
    else:
        LessonProgress.objects.unmark(_person(request), lesson)


def _suggestions() -> CourseQuerySet:
    return Course.objects.published().newest_first().for_cards()[:SUGGESTIONS]


def _take(request: HtmxRequest, seat: Enrollment) -> HttpResponse:
    """Give the seat to the visitor; if that cannot be, the seat's page says why."""
    if request.user.is_anonymous:
        return sign_in_first(request, next_url=request.path)
    try:
        seat.claim(_person(request))
    except (AlreadyEnrolled, InvalidTransition):
        return redirect_browser(request, request.path)
    messages.success(request, gettext("“%(course)s” is yours. Enjoy it.") % {"course": seat.course})
    return redirect_browser(request, _course_url(seat.course))


def _seat_state(seat: Enrollment, viewer: User | AnonymousUser) -> str:
    """Name what the visitor can do about the seat: the page has a text for each."""
    if seat.status == EnrollmentStatus.REVOKED:
        return "revoked"
    if seat.is_suspended and not seat.learner_id:
        return "paused"
    if not seat.is_unclaimed:
        return "yours" if seat.learner_id == viewer.pk else "taken"
    if isinstance(viewer, AnonymousUser):
        return "sign_in"
    has_one = Enrollment.objects.current().held_by(viewer).filter(course=seat.course).exists()
    return "owned" if has_one else "free"


def _reading(lesson: Lesson, viewer: User | AnonymousUser) -> dict[str, Any]:
    """Return what the page of a lesson shows to somebody who may read it."""
    outline = outline_of(lesson.course, viewer)
    progress = outline.progress
    previous, following = outline.neighbors(lesson)
    return {
        "course": lesson.course,
        "lesson": lesson,
        "outline": outline,
        "progress": progress,
        # A free preview is read by people who have nothing else of the course.
        "is_open": not is_free_preview(lesson) or can_open(lesson.course, viewer),
        "is_done": outline.is_done(lesson),
        "previous": previous,
        "following": following,
        # After the last lesson of the course comes what was left out on the way.
        "onward": following or _other(progress.next_lesson, lesson),
    }


def _other(lesson: Lesson | None, current: Lesson) -> Lesson | None:
    return lesson if lesson != current else None


def _find_lesson(course_slug: str, lesson_slug: str) -> Lesson:
    lessons = Lesson.objects.select_related("course", "section")
    return get_object_or_404(lessons, course__slug=course_slug, slug=lesson_slug)


def _turn_away(request: HtmxRequest, course: Course, *, page: str = "") -> HttpResponse:
    """Lead somebody who may not see the course to where they can do something about it.

    A draft does not exist for them.
    """
    if course.status == CourseStatus.DRAFT:
        raise Http404
    viewer = viewer_of(request)
    if _has_paused(viewer, course):
        told = gettext("Your access to “%(course)s” is on hold.")
        messages.warning(request, told % {"course": course})
        return redirect_browser(request, reverse("library:shelf"))
    if viewer.is_anonymous:
        return sign_in_first(request, next_url=page or request.path)
    messages.info(request, gettext("“%(course)s” is not in your library yet.") % {"course": course})
    return redirect_browser(request, course.get_absolute_url())


def _has_paused(viewer: User | AnonymousUser, course: Course) -> bool:
    """Return whether the viewer has a seat that waits for something to be cleared up."""
    if isinstance(viewer, User):
        seats = Enrollment.objects.current().held_by(viewer)
    elif isinstance(viewer, Guest):
        seats = Enrollment.objects.waiting().filter(pk__in=viewer.seats)
    else:
        return False
    return seats.filter(course=course).exists()


def _course_url(course: Course) -> str:
    return reverse("library:course", args=[course.slug])


def _lesson_url(lesson: Lesson) -> str:
    return reverse("library:lesson", args=[lesson.course.slug, lesson.slug])


def _person(request: HtmxRequest) -> User:
    """Return who is signed in, where that is certain."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user
