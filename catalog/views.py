"""The shop's shelves: the catalog, a course, a lesson to try, and covers."""

from django.db import models
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from catalog.covers import cover_digest, draw_cover
from catalog.models import Course, Lesson, Section
from project.htmx import HtmxRequest, render_part

COURSES_PER_PAGE = 24
A_YEAR = 60 * 60 * 24 * 365  # seconds


@require_safe
def course_list(request: HtmxRequest) -> HttpResponse:
    """List the published courses, the newest first."""
    number = _page_number(request)
    courses, has_next = _shelf(number)
    if number > 1 and not courses:
        raise Http404("There are not so many courses.")
    context = {"courses": courses, "number": number, "next_number": has_next and number + 1}
    # htmx asks for a later page only to put it below the cards that are there.
    part = "cards" if number > 1 else "stage"
    return render_part(request, "catalog/course_list.html", part, context)


def _page_number(request: HtmxRequest) -> int:
    """Return which page is asked for; the first if that makes no sense."""
    text = request.GET.get("page", "")
    is_number = text.isascii() and text.isdigit() and len(text) < 6
    return max(1, int(text)) if is_number else 1


def _shelf(number: int) -> tuple[list[Course], bool]:
    """Return a page of cards, and whether there is another.

    One more than is shown is looked for; to count them all would cost more with every course.
    """
    start = (number - 1) * COURSES_PER_PAGE
    cards = Course.objects.published().newest_first().for_cards()
    found = list(cards[start : start + COURSES_PER_PAGE + 1])
    return found[:COURSES_PER_PAGE], len(found) > COURSES_PER_PAGE


@require_safe
def course_detail(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show one course, or with ``?preview=<lesson>`` a lesson of it to try."""
    courses = Course.objects.known_to_all().select_related("instructor")
    course = get_object_or_404(courses.fetch_mode(models.FETCH_RAISE), slug=slug)
    if "preview" in request.GET:
        return lesson_preview(request, course, request.GET["preview"])
    sections = Section.objects.filter(course=course).prefetch_related(
        Prefetch("lessons", Lesson.objects.defer("body", "body_html"))
    )
    context = {
        "course": course,
        "topics": course.topics.all(),
        "sections": sections.fetch_mode(models.FETCH_RAISE),
    }
    return render_part(request, "catalog/course_detail.html", "stage", context)


def lesson_preview(request: HtmxRequest, course: Course, slug: str) -> HttpResponse:
    """Show a lesson that anyone may read, and which others there are."""
    previews = list(Lesson.objects.filter(course=course).previews().fetch_mode(models.FETCH_RAISE))
    lesson = next((lesson for lesson in previews if lesson.slug == slug), None)
    if lesson is None:
        raise Http404("No such preview.")
    context = {"course": course, "lesson": lesson, "others": [x for x in previews if x != lesson]}
    return render_part(request, "catalog/lesson_preview.html", "stage", context)


@require_safe
def cover(request: HttpRequest, slug: str, hue: int, digest: str) -> HttpResponse:
    """Draw a course's cover. Its address changes when the drawing does, so it is kept for ever."""
    if hue >= 360:
        raise Http404("No such hue.")
    today = cover_digest(slug, hue)
    if digest != today:
        return redirect("catalog:cover", slug, hue, today)
    return HttpResponse(
        draw_cover(slug, hue),
        content_type="image/svg+xml",
        headers={"Cache-Control": f"public, max-age={A_YEAR}, immutable"},
    )
