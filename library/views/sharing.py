"""Letting who gave me a seat see how far I am, or not any more."""

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from catalog.models import Course
from library.access import seat_on
from library.views.door import personal, turn_away
from project.htmx import HtmxRequest, redirect_browser, wants_part


@require_POST
@personal
def sharing(request: HtmxRequest, course_slug: str) -> HttpResponse:
    """Share how far I am in a course with who gave it to me: ``share=1``, or ``share=0``."""
    course = get_object_or_404(Course, slug=course_slug)
    page = reverse("library:course", args=[course.slug])
    seat = seat_on(course, request.user)
    if seat is None:
        return turn_away(request, course, page=page)
    if request.POST.get("share") not in ("0", "1"):
        return HttpResponseBadRequest("Say share=1 or share=0.", content_type="text/plain")
    seat.share_progress(request.POST["share"] == "1")
    if not wants_part(request):
        return redirect_browser(request, f"{page}#why")
    context = {"course": course, "seat": seat, "is_unfolded": True}
    return render(request, "library/_why.html", context)
