"""One course, and a lesson of it to try."""

from django.db import models
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from catalog.models import Course, Lesson, Section
from project.htmx import HtmxRequest, render_part


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
