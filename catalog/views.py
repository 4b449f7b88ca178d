"""The shop's shelves: the catalog, a course, a lesson to try, and covers."""

from django.core.paginator import Paginator
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
    courses = Course.objects.published().newest_first().for_cards()
    page = Paginator(courses, COURSES_PER_PAGE).get_page(request.GET.get("page"))
    # htmx asks for a later page only to put it below the cards that are there.
    part = "cards" if page.number > 1 else "stage"
    return render_part(request, "catalog/course_list.html", part, {"page": page})


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
