"""The catalog: which courses there are."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from catalog.models import Course
from project.htmx import HtmxRequest, render_part

COURSES_PER_PAGE = 24


@require_safe
def course_list(request: HtmxRequest) -> HttpResponse:
    """List the published courses, the newest first."""
    number = _page_number(request)
    courses, has_next = _shelf(number)
    if number > 1 and not courses:
        raise Http404("There are not so many courses.")
    context = {"courses": courses, "number": number, "next_number": has_next and number + 1}
    # htmx asks for a later page only to put it below the cards that are there.
    part = "cards" if number > 1 else "stage"
    return render_part(request, "catalog/course_list.html", part, context)


def _page_number(request: HtmxRequest) -> int:
    """Return which page is asked for; the first if that makes no sense."""
    text = request.GET.get("page", "")
    is_number = text.isascii() and text.isdigit() and len(text) < 6
    return max(1, int(text)) if is_number else 1


def _shelf(number: int) -> tuple[list[Course], bool]:
    """Return a page of cards, and whether there is another.

    One more than is shown is looked for; to count them all would cost more with every course.
    """
    start = (number - 1) * COURSES_PER_PAGE
    cards = Course.objects.published().newest_first().for_cards()
    found = list(cards[start : start + COURSES_PER_PAGE + 1])
    return found[:COURSES_PER_PAGE], len(found) > COURSES_PER_PAGE
