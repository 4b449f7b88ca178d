"""One course, and a lesson of it to try."""

from urllib.parse import urlencode

from django.db import models
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from catalog.models import Course, Lesson, Section
from project.for_strangers import for_strangers
from project.htmx import HtmxRequest, render_part

# Three are shown; the others stand in for those that the visitor has already.
RELATED_COURSES = 9


@require_safe
def course_detail(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show one course, or with ``?preview=<lesson>`` a lesson of it to try."""
    courses = Course.objects.known_to_all().select_related("instructor")
    course = get_object_or_404(courses.fetch_mode(models.FETCH_RAISE), slug=slug)
    if "preview" in request.GET:
        return lesson_preview(request, course, request.GET["preview"])
    topics = list(course.topics.all())
    sections = list(Section.objects.filter(course=course).with_lessons())
    lessons = [lesson for section in sections for lesson in section.lessons.all()]
    context = {
        "course": course,
        "topics": topics,
        "sections": [section for section in sections if section.lessons.all()],
        "previews": [lesson for lesson in lessons if lesson.is_preview],
        "related": Course.objects.related_to(course, topics).for_cards()[:RELATED_COURSES],
    }
    page = render_part(request, "catalog/course_detail.html", "stage", context)
    return for_strangers(request, page)


def lesson_preview(request: HtmxRequest, course: Course, slug: str) -> HttpResponse:
    """Show a lesson that anyone may read, where it stands in the course, and which comes next."""
    lessons = list(Lesson.objects.filter(course=course).in_order().fetch_mode(models.FETCH_RAISE))
    previews = [lesson for lesson in lessons if lesson.is_preview]
    lesson = next((lesson for lesson in previews if lesson.slug == slug), None)
    if lesson is None:
        raise Http404("No such preview.")
    following = previews[previews.index(lesson) + 1 :]
    context = {
        "course": course,
        "lesson": lesson,
        "body_html": Lesson.objects.values_list("body_html", flat=True).get(pk=lesson.pk),
        "number": lessons.index(lesson) + 1,
        "next_preview": following[0] if following else None,
        "others": [other for other in previews if other not in (lesson, *following[:1])],
    }
    page = render_part(request, "catalog/lesson_preview.html", "stage", context)
    return for_strangers(request, page, query=urlencode({"preview": slug}))
