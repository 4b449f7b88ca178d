"""Cards of courses and bundles, and lines of carts, with what they are to the visitor.

A card is rendered once for all who see the same (``project.kept``): what it is to somebody is one
of few things, theirs or in the cart or to buy, and so a part of its key.
"""

from collections.abc import Set
from types import SimpleNamespace

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from catalog.models import Bundle, Course
from checkout.carts import owned_on, summary_of
from checkout.lines import CourseLine
from library.having import having
from project.htmx import HtmxRequest
from project.kept import kept_piece

FIRST_ROW = 3  # cards whose covers are wanted at once

register = template.Library()


@register.simple_tag(takes_context=True)
def course_card(
    context: Context, course: Course, *, place: int, takes_focus: bool = False
) -> SafeString:
    """Return the course's card, ``place`` being its number on the page, counted from 1."""
    owned, lapsed, wanted = _marks(context["request"])
    mine, is_owned, is_wanted = {course.pk}, course.pk in owned, course.pk in wanted
    is_lapsed = course.pk in lapsed
    place = min(place, FIRST_ROW + 1)
    told = {
        "course": course,
        "place": place,
        "takes_focus": takes_focus,
        "owned": mine if is_owned else (),
        "lapsed": mine if is_lapsed else (),
        "cart": SimpleNamespace(course_ids=mine if is_wanted else ()),
    }
    key = (course.face, place, takes_focus, is_owned, is_lapsed, is_wanted)
    return kept_piece("catalog/_card.html", told, key=key)


def _marks(request: HtmxRequest) -> tuple[Set[int], Set[int], Set[int]]:
    """Return the courses that are the visitor's, were, and are in the cart, by their pks."""
    known: tuple[Set[int], Set[int], Set[int]] | None = getattr(request, "card_marks", None)
    if known is None:
        had = having(request)
        known = had.since.keys(), had.lapsed, summary_of(request).course_ids
        request.card_marks = known  # type: ignore[attr-defined]
    return known


@register.simple_tag(takes_context=True)
def cart_line(context: Context, line: CourseLine) -> SafeString:
    """Return the line of a course in the cart."""
    takes_focus = context.get("focus") == line.remove_id
    is_lapsed = line.course.pk in having(context["request"]).lapsed
    told = {
        "line": line,
        "course": line.course,
        "takes_focus": takes_focus,
        "is_lapsed": is_lapsed,
    }
    key = (line.face, takes_focus, is_lapsed)
    return kept_piece("checkout/_cart_line.html", told, key=key)


@register.simple_tag(takes_context=True)
def bundle_card(context: Context, bundle: Bundle) -> SafeString:
    """Return the bundle's card. Its courses should have been fetched."""
    request = context["request"]
    offer = bundle.offer_to(owned_on(request))
    is_wanted = bundle.pk in summary_of(request).bundle_ids
    told = {
        "bundle": bundle,
        "offer": offer,
        "cart": SimpleNamespace(bundle_ids={bundle.pk} if is_wanted else ()),
    }
    # The offer's parts compare courses by their pks alone, so what is shown of them is said here.
    key = (bundle.face, offer.price_tag, offer.one_by_one, offer.is_complete, is_wanted)
    return kept_piece("catalog/_bundle_card.html", told, key=key)
