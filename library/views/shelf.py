"""My courses, and what there is to go on with."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from catalog.models import Course, CourseQuerySet
from library.arrivals import arrive
from library.guests import viewer_of
from library.shelf import shelf_of
from library.views.door import personal
from project.accounts.models import User
from project.htmx import HtmxRequest, render_part, sign_in_first

SUGGESTIONS = 3


@require_safe
@personal
def shelf(request: HtmxRequest) -> HttpResponse:
    """Show my courses, and what there is to go on with."""
    viewer = viewer_of(request)
    if isinstance(viewer, User):
        arrive(request, viewer)
    studies = shelf_of(viewer)
    if viewer.is_anonymous and not studies:
        return sign_in_first(request)
    suggestions = [] if studies else _suggestions()
    is_guest = viewer.is_anonymous
    context = {"studies": studies, "suggestions": suggestions, "is_guest": is_guest}
    return render_part(request, "library/shelf.html", "stage", context)


def _suggestions() -> CourseQuerySet:
    return Course.objects.published().newest_first().for_cards()[:SUGGESTIONS]
