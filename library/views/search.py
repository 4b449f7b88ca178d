"""Searching in a course that I have."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from catalog.models import Course
from catalog.search.query import MOST_CHARACTERS
from library.access import can_open
from library.finding import Search
from library.guests import viewer_of
from library.views.door import personal, turn_away
from project.htmx import HtmxRequest, render_part

A_PAGE = 10


@require_safe
@personal
def search(request: HtmxRequest, course_slug: str) -> HttpResponse:
    """Find words in the lessons of a course that I have, and in what is said in its videos."""
    course = get_object_or_404(Course, slug=course_slug)
    viewer = viewer_of(request)
    if not can_open(course, viewer):
        return turn_away(request, course)
    typed = request.GET.get("q", "")[:MOST_CHARACTERS].replace("\0", "").strip()
    wanted = Search(course, viewer, typed)
    page = Paginator(wanted.found, A_PAGE).get_page(request.GET.get("page"))
    context = {"course": course, "typed": typed, "page": page, "hits": wanted.hits(list(page))}
    return render_part(request, "library/search.html", "found", context)
