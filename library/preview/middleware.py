"""Which requests are made as somebody else, and what is refused meanwhile."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import gettext
from django_htmx.http import reswap, retarget

from catalog.models import Course
from library.preview.imagining import imagined
from library.preview.mark import COOKIE, preview_in
from project.htmx import HtmxRequest, came_from, redirect_browser, wants_part

SAFE = ("GET", "HEAD", "OPTIONS")
# Where one says as whom one looks, and what else begins like the pages of a course.
ONESELF = ("library:preview", "library:claim", "library:certificate", "library:shelf")
ANSWERS = "library:quiz"  # are judged, and not kept


def look_as_somebody_else(
    get_response: Callable[[HtmxRequest], HttpResponse],
) -> Callable[[HtmxRequest], HttpResponse]:
    """Make the pages of a course as for whom staff look at it; change nothing else.

    Who has no mark in their browser is not asked for anything.
    """

    def middleware(request: HtmxRequest) -> HttpResponse:
        course = _course_of(request) if COOKIE in request.COOKIES else None
        preview = preview_in(request, course) if course else None
        if not (course and preview):
            return get_response(request)
        if request.method not in SAFE and resolve(request.path_info).view_name != ANSWERS:
            return _refuse(request)
        with imagined(request, course, preview):
            response = get_response(request)
        response.headers["Cache-Control"] = "private, no-store"
        return _stay(request, course, response)

    return middleware


def _course_of(request: HtmxRequest) -> Course | None:
    """Return the course that the request is about, if it is about one."""
    try:
        slug = _slug_in(request, resolve(request.path_info))
    except Resolver404:
        return None
    return Course.objects.filter(slug=slug).first() if slug else None


def _slug_in(request: HtmxRequest, match: ResolverMatch) -> str:
    """Return what the address calls the course, or what is to be put into the cart."""
    if match.view_name == "catalog:course_detail":
        return str(match.kwargs["slug"])
    if match.namespace == "library" and match.view_name not in ONESELF:
        return str(match.kwargs["course_slug"])
    if match.namespace == "checkout" and request.method == "POST":
        return request.POST.get("course", "")
    return ""


def _refuse(request: HtmxRequest) -> HttpResponse:
    """Say that one only looks, and leave the page as it is."""
    told = gettext("You are only looking: nothing is recorded.")
    if not wants_part(request):
        messages.info(request, told)
        return redirect_browser(request, came_from(request))
    toast = render(request, "_toast.html", {"level": "info", "message": told})
    return reswap(retarget(toast, "#toasts"), "innerHTML")


def _stay(request: HtmxRequest, course: Course, response: HttpResponse) -> HttpResponse:
    """Say that somebody would be asked to sign in, instead of asking who is signed in."""
    goal = response.headers.get("HX-Redirect") or response.headers.get("Location") or ""
    if not goal.startswith(resolve_url(settings.LOGIN_URL)):
        return response
    messages.info(request, gettext("On that page they would be asked to sign in."))
    return redirect_browser(request, course.get_absolute_url())
