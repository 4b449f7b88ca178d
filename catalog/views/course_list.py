"""The catalog: which courses there are."""

from functools import partial

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from catalog.models import Assortment
from catalog.shelf import Wishes, look_at
from catalog.shelf.remembering import remembered
from project.for_strangers import for_strangers
from project.frames import Frame, render_framed
from project.htmx import HtmxRequest, render_part

TEMPLATE = "catalog/course_list.html"


@require_safe
def course_list(request: HtmxRequest) -> HttpResponse:
    """List the published courses that fit what the visitor wishes for."""
    assortment = remembered("assortment", Assortment.objects.current)
    wishes = Wishes.read(request.GET, assortment)
    is_choice = not wishes.q and not wishes.after
    look = partial(look_at, wishes, assortment)
    shelf = remembered(wishes, look) if is_choice else look()
    context = {
        "courses": shelf.courses,
        "shelf": shelf,
        "wishes": wishes,
        "heading": (shelf.shown or wishes).heading(assortment),
        "assortment": assortment,
        # Who asked for more goes on with the first that came.
        "takes_focus": bool(wishes.after and request.htmx),
    }
    # htmx asks for what comes after a course only to put it below the cards that are there.
    part = "cards" if wishes.after else "stage"
    if not is_choice:  # what people type is endless, and so are the places to go on from
        return render_part(request, TEMPLATE, part, context)
    frame = Frame(context, key=(wishes, shelf.face, assortment.face))
    response = render_framed(request, TEMPLATE, part, context, frame=frame)
    return for_strangers(request, response, query=wishes.query)
