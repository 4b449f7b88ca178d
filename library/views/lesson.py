"""A lesson: reading it, and noting that it is done."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Lesson
from library.access import can_open, can_study, is_free_preview, may_change_courses
from library.completing import QuizNotPassed, certificate_of, complete
from library.guests import mark, viewer_of
from library.having import may_view
from library.models import LessonProgress
from library.outline import outline_of
from library.preview.mark import is_looking
from library.quiz import quiz_of
from library.views.door import find_lesson, person, personal, turn_away
from library.watching import media_of
from project.accounts.models import User
from project.frames import Frame, render_framed
from project.htmx import HtmxRequest, redirect_browser, render_part, same_origin_only, wants_part


@require_safe
@personal
def lesson(request: HtmxRequest, course_slug: str, lesson_slug: str) -> HttpResponse:
    """Show a lesson to read, and its place in the course."""
    lesson = find_lesson(request, course_slug, lesson_slug)
    viewer = viewer_of(request)
    if not may_view(request, lesson):
        return _wait_for(request, lesson, viewer)
    media = media_of(lesson, viewer, asked=request.GET.get("t", ""))
    context = {**reading(lesson, viewer), "media": media}
    has_own = media.has_any or context["quiz"] or context["note"] or is_looking(request)
    context["is_plain"] = not has_own
    titles = {"lesson": lesson, "course": lesson.course}
    frame = Frame(titles, key=(lesson.title, lesson.course.title))
    return render_framed(request, "library/lesson.html", "stage", context, frame=frame)


@same_origin_only
@require_POST
def completion(request: HtmxRequest, course_slug: str, lesson_slug: str) -> HttpResponse:
    """Mark a lesson as done, or as not done."""
    lesson = find_lesson(request, course_slug, lesson_slug)
    viewer = viewer_of(request)
    if not can_study(lesson, viewer):
        return refuse(request, lesson, viewer)
    if request.POST.get("done") not in ("0", "1"):
        return HttpResponseBadRequest("Say done=1 or done=0.", content_type="text/plain")
    if not _note(request, lesson, is_done=request.POST["done"] == "1"):
        return redirect_browser(request, lesson_url(lesson) + "#quiz")
    if not wants_part(request):
        return redirect_browser(request, lesson_url(lesson) + "#completion")
    context = {**reading(lesson, viewer_of(request)), "is_fresh": True}
    return render(request, "library/_lesson.html#completed", context)


def refuse(request: HtmxRequest, lesson: Lesson, viewer: User | AnonymousUser) -> HttpResponse:
    """Lead somebody who may not do the lesson to its page, which says when it opens, or away."""
    if can_open(lesson.course, viewer):
        return redirect_browser(request, lesson_url(lesson))
    return turn_away(request, lesson.course, page=lesson_url(lesson))


def _wait_for(request: HtmxRequest, lesson: Lesson, viewer: User | AnonymousUser) -> HttpResponse:
    """Say when a lesson opens to somebody who has the course, and turn away who has not."""
    if not can_open(lesson.course, viewer):
        return turn_away(request, lesson.course)
    outline = outline_of(lesson.course, viewer)
    context = {
        "course": lesson.course,
        "lesson": lesson,
        "outline": outline,
        "progress": outline.progress,
        "opens_at": outline.opens_at(lesson),
        "is_open": True,
    }
    return render_part(request, "library/lesson_ahead.html", "stage", context)


def _note(request: HtmxRequest, lesson: Lesson, *, is_done: bool) -> bool:
    """Note the lesson for the learner, or in the session of somebody who has no account.

    Return ``False`` if its questions have to be passed first.
    """
    if request.user.is_anonymous:
        return _note_of_guest(request, lesson, is_done=is_done)
    if not is_done:
        LessonProgress.objects.unmark(person(request), lesson)
        return True
    try:
        complete(person(request), lesson)
    except QuizNotPassed:
        return False
    return True


def _note_of_guest(request: HtmxRequest, lesson: Lesson, *, is_done: bool) -> bool:
    quiz = quiz_of(lesson, viewer_of(request)) if is_done else None
    if quiz and not quiz.has_passed:
        return False
    mark(request, lesson, is_done=is_done)
    return True


def reading(lesson: Lesson, viewer: User | AnonymousUser) -> dict[str, Any]:
    """Return what the page of a lesson shows to somebody who may read it."""
    outline = outline_of(lesson.course, viewer)
    progress = outline.progress
    previous, following = outline.neighbors(lesson)
    is_open = not is_free_preview(lesson) or may_change_courses(viewer) or outline.is_held
    return {
        "course": lesson.course,
        "lesson": lesson,
        "outline": outline,
        "progress": progress,
        # A free preview is read by people who have nothing else of the course.
        "is_open": is_open,
        "quiz": quiz_of(lesson, viewer) if is_open else None,
        "has_notes": is_open and isinstance(viewer, User),
        "note": lesson.noted,  # type: ignore[attr-defined]  # annotated
        "certificate": certificate_of(lesson.course, viewer, progress),
        "is_done": outline.is_done(lesson),
        "previous": previous,
        "following": following,
        # After the last lesson of the course comes what was left out on the way.
        "onward": following or _other(progress.next_lesson, lesson),
    }


def _other(lesson: Lesson | None, current: Lesson) -> Lesson | None:
    return lesson if lesson != current else None


def lesson_url(lesson: Lesson) -> str:
    """Return where the lesson is read."""
    return reverse("library:lesson", args=[lesson.course.slug, lesson.slug])
