"""What is new in a course that I have."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from catalog.models import Course
from library.access import can_open
from library.guests import viewer_of
from library.models import CourseUpdate, UpdatesSeen
from library.views.door import personal, turn_away
from project.accounts.models import User
from project.htmx import HtmxRequest, render_part

A_PAGE, AT_A_GLANCE = 20, 3


@require_safe
@personal
def updates(request: HtmxRequest, course_slug: str) -> HttpResponse:
    """Show all that is new in a course, newest first."""
    course = get_object_or_404(Course, slug=course_slug)
    if not can_open(course, viewer_of(request)):
        return turn_away(request, course)
    page = Paginator(CourseUpdate.objects.of(course), A_PAGE).get_page(request.GET.get("page"))
    news = list(page)
    if page.number == 1:
        note_seen(request, course, news)
    context = {"course": course, "page": page, "news": news}
    return render_part(request, "library/updates.html", "stage", context)


def glance(request: HtmxRequest, course: Course) -> dict[str, object]:
    """Return the newest of the course's news, and whether there is more; note that it is seen."""
    found = list(CourseUpdate.objects.of(course)[: AT_A_GLANCE + 1])
    note_seen(request, course, found)
    return {"news": found[:AT_A_GLANCE], "has_more_news": len(found) > AT_A_GLANCE}


def note_seen(request: HtmxRequest, course: Course, news: list[CourseUpdate]) -> None:
    """Note that who is signed in has seen this news, newest first."""
    if news and isinstance(request.user, User):
        UpdatesSeen.objects.note(request.user, course, newest=news[0].published_at)
