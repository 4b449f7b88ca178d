"""Where somebody is in a lesson's video."""

from django.http import HttpResponse, HttpResponseBadRequest
from django.views.decorators.http import require_POST

from library.access import can_study
from library.guests import viewer_of
from library.views.door import find_lesson, person, turn_away
from library.watching import PositionForm
from project.htmx import HtmxRequest, same_origin_only


@same_origin_only
@require_POST
def position(request: HtmxRequest, course_slug: str, lesson_slug: str) -> HttpResponse:
    """Remember where I am in the video. A guest's browser remembers that by itself."""
    lesson = find_lesson(request, course_slug, lesson_slug)
    viewer = viewer_of(request)
    if not can_study(lesson, viewer):
        return turn_away(request, lesson.course)
    form = PositionForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("That is no place in a video.", content_type="text/plain")
    if viewer.is_authenticated:
        form.keep(person(request), lesson)
    return HttpResponse(status=204)
