"""The course that one has."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from catalog.models import Course, CourseStatus
from library.access import can_open, seat_on
from library.completing import certificate_of
from library.guests import viewer_of
from library.outline import outline_of
from library.reviewing import review_context
from library.views.door import personal, turn_away
from library.views.updates import glance
from project.htmx import HtmxRequest, render_part


@require_safe
@personal
def course(request: HtmxRequest, course_slug: str) -> HttpResponse:
    """Show the course that I have: what is done, and what comes next."""
    courses = Course.objects.select_related("instructor")
    course = get_object_or_404(courses, slug=course_slug)
    viewer = viewer_of(request)
    if not can_open(course, viewer):
        return turn_away(request, course)
    outline = outline_of(course, viewer)
    seat = seat_on(course, viewer)
    # A draft has no page yet on which a review could be read.
    knows_it = bool(seat and outline.progress.has_started) and course.status != CourseStatus.DRAFT
    context = {
        "course": course,
        "outline": outline,
        "progress": outline.progress,
        "is_open": True,
        "seat": seat,
        "certificate": certificate_of(course, viewer, outline.progress),
        "ends_at": seat.ends_at if seat else None,
        **glance(request, course),
        **review_context(course, viewer, knows_it=knows_it),
    }
    return render_part(request, "library/course.html", "stage", context)
