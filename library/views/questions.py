"""What is asked about a lesson: reading it, asking, and saying something to it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from catalog.models import Lesson
from library import asking
from library.access import can_study
from library.asking import AnswerForm, QuestionForm, form_for, may_answer
from library.guests import viewer_of
from library.models import LessonQuestion, NotAnswered
from library.views.door import find_lesson, person, personal
from library.views.lesson import refuse
from project.htmx import HtmxRequest, redirect_browser, render_part, sign_in_first, wants_part
from project.limits import Limit, address_of, limited

A_PAGE = 10
LONGEST_PK = 18  # digits


def who(request: HtmxRequest) -> str:
    """Return whose questions count together: a person's, or an address's."""
    return str(request.user.pk) if request.user.is_authenticated else address_of(request)


ASKING = Limit("ask", times=20, seconds=3600)
ANSWERING = Limit("answer", times=120, seconds=3600)


@require_http_methods(["GET", "HEAD", "POST"])
@limited(ASKING, by=who)
@personal
def ask(request: HtmxRequest, course_slug: str, lesson_slug: str) -> HttpResponse:
    """Show what was asked about a lesson that I have, a page at a time; ask something myself."""
    lesson = find_lesson(request, course_slug, lesson_slug)
    if not can_study(lesson, viewer_of(request)):
        return refuse(request, lesson, viewer_of(request))
    if request.method == "POST":
        return _ask(request, lesson)
    place = request.GET.get("before", "")
    before = int(place) if place.isdecimal() and len(place) <= LONGEST_PK else None
    context = _listed(request, lesson, before=before)
    return render_part(request, "library/ask.html", "older" if before else "panel", context)


@require_http_methods(["GET", "HEAD", "POST"])
@limited(ANSWERING, by=who)
@personal
def question(request: HtmxRequest, course_slug: str, lesson_slug: str, pk: int) -> HttpResponse:
    """Show one question with its answers; say something to it, or take mine back."""
    lesson, viewer = find_lesson(request, course_slug, lesson_slug), viewer_of(request)
    if not can_study(lesson, viewer):
        return refuse(request, lesson, viewer)
    asked = get_object_or_404(LessonQuestion.objects.on(lesson, viewer=viewer), pk=pk)
    asked.lesson = lesson
    if request.method != "POST":
        return _show(request, asked)
    if request.user.is_anonymous:
        return sign_in_first(request, next_url=request.path)
    return _take_back(request, asked) if "remove" in request.POST else _say(request, asked)


def _ask(request: HtmxRequest, lesson: Lesson) -> HttpResponse:
    if request.user.is_anonymous:
        return sign_in_first(request, next_url=request.path)
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return _list(request, lesson, form=form, status=422)
    asked = asking.ask(person(request), lesson, **form.cleaned_data)
    told = gettext("Your question is here now. You will find the answer below it.")
    if wants_part(request):
        return _list(request, lesson, told=told)
    messages.success(request, told)
    return redirect_browser(request, f"{request.path}#question-{asked.pk}")


def _take_back(request: HtmxRequest, asked: LessonQuestion) -> HttpResponse:
    """Delete a question of mine that nobody has answered."""
    if asked.learner_id != request.user.pk:
        raise PermissionDenied
    if not asked.withdraw():
        return redirect_browser(request, asked.get_absolute_url())
    told = gettext("Your question is gone.")
    if wants_part(request):
        return _list(request, asked.lesson, told=told)
    messages.success(request, told)
    return redirect_browser(request, questions_url(asked.lesson))


def _say(request: HtmxRequest, asked: LessonQuestion) -> HttpResponse:
    """Keep an answer of the shop's, or what I add to my own question."""
    speaks_for_shop = may_answer(request.user)
    if not speaks_for_shop and asked.learner_id != request.user.pk:
        raise PermissionDenied
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _show(request, asked, form=form, status=422)
    try:
        if speaks_for_shop:
            asking.answer(asked, author=person(request), **form.cleaned_data)
        else:
            asking.follow_up(asked, **form.cleaned_data)
    except NotAnswered:
        form.add_error("text", gettext("Please wait for an answer before you add something."))
        return _show(request, asked, form=form, status=422)
    if not wants_part(request):
        return redirect_browser(request, asked.get_absolute_url())
    again = LessonQuestion.objects.on(asked.lesson, viewer=request.user).get(pk=asked.pk)
    again.lesson = asked.lesson
    return _show(request, again, is_fresh=True)


def _show(
    request: HtmxRequest,
    asked: LessonQuestion,
    *,
    form: forms.Form | None = None,
    is_fresh: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Show one question: alone for htmx, and on a page of its own otherwise."""
    context = {
        **_place(request, asked.lesson),
        "question": asked,
        "answer_form": form,
        "is_fresh": is_fresh,
    }
    if wants_part(request):
        return render(request, "library/_question.html", context, status=status)
    return render(request, "library/question.html", context, status=status)


def _list(
    request: HtmxRequest,
    lesson: Lesson,
    *,
    form: forms.Form | None = None,
    told: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {**_listed(request, lesson, form=form), "told": told}
    return render_part(request, "library/ask.html", "panel", context, status=status)


def _listed(
    request: HtmxRequest,
    lesson: Lesson,
    *,
    before: int | None = None,
    form: forms.Form | None = None,
) -> dict[str, Any]:
    """Return the newest questions, or those older than one, with the form above the newest."""
    asked = LessonQuestion.objects.on(lesson, viewer=viewer_of(request)).older_than(before)
    found = list(asked[: A_PAGE + 1])
    page, rest = found[:A_PAGE], found[A_PAGE:]
    if form is None and before is None and request.user.is_authenticated:
        form = form_for(request.user)
    return {
        **_place(request, lesson),
        "questions": page,
        "older_url": f"{questions_url(lesson)}?before={page[-1].pk}" if rest else "",
        "is_older": before is not None,
        "form": form,
    }


def _place(request: HtmxRequest, lesson: Lesson) -> dict[str, Any]:
    """Return what each of the pages needs to know."""
    return {"course": lesson.course, "lesson": lesson, "may_answer": may_answer(request.user)}


def questions_url(lesson: Lesson) -> str:
    """Return where all that was asked about the lesson is."""
    return reverse("library:ask", args=[lesson.course.slug, lesson.slug])
