"""What learners say of a course: reading it all, and having a say."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import Course
from library.access import can_open
from library.models import Review
from library.reviewing import ReviewForm, form_for, review_context
from library.views.door import personal, turn_away
from project.htmx import (
    HtmxRequest,
    SignedInRequest,
    login_required,
    redirect_browser,
    render_part,
    wants_part,
)
from project.limits import Limit, limited

WRITING = Limit("review", times=60, seconds=3600)
PER_PAGE = 20
LONGEST_PK = 18  # digits


@require_safe
def reviews(request: HtmxRequest, course_slug: str) -> HttpResponse:
    """Show all that learners say of a course, a page at a time."""
    course = get_object_or_404(Course.objects.known_to_all(), slug=course_slug)
    place = request.GET.get("before", "")
    before = int(place) if place.isdecimal() and len(place) <= LONGEST_PK else None
    found = list(Review.objects.shown(course).older_than(before)[: PER_PAGE + 1])
    page, rest = found[:PER_PAGE], found[PER_PAGE:]
    older = f"{request.path}?before={page[-1].pk}" if rest else ""
    context = {"course": course, "reviews": page, "older_url": older}
    return render_part(request, "library/reviews.html", "stage", context)


@require_http_methods(["GET", "HEAD", "POST"])
@limited(WRITING)
@personal
@login_required
def review(request: SignedInRequest, course_slug: str) -> HttpResponse:
    """Say what I think of a course that I know, change it, or take it back."""
    course = get_object_or_404(Course.objects.known_to_all(), slug=course_slug)
    context = {"course": course, **review_context(course, request.user)}
    if not context["may_review"]:
        return _not_yet(request, course)
    if request.method != "POST":
        return render_part(request, "library/review.html", "stage", context)
    if "remove" in request.POST:
        return _remove(request, course, context["review"])
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _answer(request, {**context, "form": form}, status=422)
    written = Review.objects.write(request.user, course, **form.cleaned_data)
    return _done(request, course, written, gettext("Thank you. Your review is kept."))


def _remove(request: SignedInRequest, course: Course, mine: Review | None) -> HttpResponse:
    if mine:
        mine.withdraw()
    left = Review.objects.of(request.user, course).first()
    return _done(request, course, left, gettext("Your review is gone."))


def _done(request: SignedInRequest, course: Course, mine: Review | None, told: str) -> HttpResponse:
    """Say what happened: in the form for htmx, or on the page that shows the reviews."""
    if wants_part(request):
        form = form_for(request.user, mine)
        context = {"course": course, "review": mine, "form": form, "told": told}
        return _answer(request, context)
    messages.success(request, told)
    return redirect_browser(request, course.get_absolute_url() + "#reviews")


def _answer(
    request: SignedInRequest, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Show the form alone to htmx, and on its page otherwise."""
    is_part = wants_part(request)
    template = "library/_review_form.html" if is_part else "library/review.html"
    return render(request, template, context, status=status)


def _not_yet(request: SignedInRequest, course: Course) -> HttpResponse:
    """Lead who may not review the course to where they can come to know it."""
    if not can_open(course, request.user):
        return turn_away(request, course)
    messages.info(request, gettext("You can review this course once you have done a lesson of it."))
    return redirect_browser(request, reverse("library:course", args=[course.slug]))
