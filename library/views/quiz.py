"""Answering a lesson's questions."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from catalog.models import Lesson
from library.access import can_study
from library.completing import complete
from library.guests import mark, note_passed, viewer_of
from library.models import QuizAttempt
from library.preview.mark import is_looking
from library.quiz import Quiz, grade, lists_of
from library.views.door import find_lesson
from library.views.lesson import lesson_url, reading, refuse
from project.accounts.models import User
from project.htmx import HtmxRequest, redirect_browser, wants_part
from project.limits import Limit, limited

ANSWERS = Limit("quiz", times=120, seconds=3600)


@require_POST
@limited(ANSWERS)
def quiz(request: HtmxRequest, course_slug: str, lesson_slug: str) -> HttpResponse:
    """Answer a lesson's questions; whoever passes has done the lesson."""
    lesson = find_lesson(request, course_slug, lesson_slug)
    viewer = viewer_of(request)
    if not can_study(lesson, viewer):
        return refuse(request, lesson, viewer)
    graded = grade(lesson, lists_of(request))
    if graded is None:
        raise Http404("The lesson asks nothing.")
    answered, answers = graded
    _keep(request, lesson, answered, answers)
    if not wants_part(request):
        if isinstance(viewer, User) and not is_looking(request):
            return redirect_browser(request, lesson_url(lesson) + "#quiz")
        return render(request, "library/lesson.html", _shown(request, lesson, answered))
    context = {**_shown(request, lesson, answered), "is_fresh": True, "is_answered": True}
    return render(request, "library/_lesson.html#completed", context)


def _keep(
    request: HtmxRequest, lesson: Lesson, answered: Quiz, answers: dict[str, list[str]]
) -> None:
    """Keep the attempt, or of somebody without an account that they have passed."""
    if isinstance(request.user, User):
        QuizAttempt.objects.keep(
            request.user,
            lesson,
            answers=answers,
            percent=answered.percent or 0,
            has_passed=answered.has_passed,
        )
        if answered.has_passed:
            complete(request.user, lesson)
    elif answered.has_passed:
        note_passed(request, lesson)
        mark(request, lesson, is_done=True)


def _shown(request: HtmxRequest, lesson: Lesson, answered: Quiz) -> dict[str, Any]:
    """Return the lesson's page with the quiz as it was answered just now."""
    return {**reading(lesson, viewer_of(request)), "quiz": answered}
