"""Cards of courses and bundles, and lines of carts, with what they are to the visitor.

A card is rendered once for all who see the same (``project.kept``): what it is to somebody is one
of few things, theirs or in the cart or to buy, and so a part of its key.
"""

from collections.abc import Callable, Hashable, Iterable, Set
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from catalog import clock
from catalog.models import Bundle, Course
from catalog.shelf import Shelf
from catalog.templatetags.covers import cover_url, hue_step, picture_srcset
from checkout.carts import owned_on, summary_of
from checkout.guests import address_of, asks_address
from checkout.lines import CourseLine
from checkout.templatetags.cart import current_cart
from library.having import having
from project.htmx import HtmxRequest
from project.kept import Kept, gap, kept_form, kept_piece, kept_texts

PANEL = "checkout/_cart_panel.html"
FILLED_IN = ("email_form", "focus")  # what an answer to a form says of it
FIRST_ROW = 3  # cards whose covers are wanted at once

type Marks = tuple[bool, bool, bool]  # theirs; had for a time that is over; in the cart
type AllMarks = tuple[Set[int], Set[int], Set[int]]  # of which courses, by their pks
type Wanted = tuple[Course, Hashable, int, bool]  # with its face, place and focus

NOBODYS: AllMarks = (frozenset(), frozenset(), frozenset())

register = template.Library()


@register.simple_tag(takes_context=True)
def course_card(
    context: Context, course: Course, *, place: int, takes_focus: bool = False
) -> SafeString:
    """Return the course's card, ``place`` being its number on the page, counted from 1."""
    moment = clock.now()
    wanted = (course, course.face_at(moment), place, takes_focus)
    return _cards([wanted], moment, _marks(context["request"]))[0]


def _cards(wanted: Iterable[Wanted], moment: datetime, known: AllMarks) -> list[SafeString]:
    """Return the cards of courses: each as it is at the ``moment``, at its place from 1."""
    owned, lapsed, in_cart = known
    pieces: list[tuple[Hashable, Callable[[], SafeString]]] = []
    for course, face, place, takes_focus in wanted:
        pk = course.pk
        marks = (pk in owned, pk in lapsed, pk in in_cart)
        shape = (marks, _looks_like(place), takes_focus)
        pieces.append((("card", face, shape), partial(_make_card, course, moment, *shape)))
    return kept_texts(pieces)


def _looks_like(place: int) -> int:
    """Return the first place whose card looks like the one at this place."""
    return 1 if place == 1 else 2 if place <= FIRST_ROW else FIRST_ROW + 1


def _make_card(
    course: Course, moment: datetime, marks: Marks, place: int, takes_focus: bool
) -> SafeString:
    """Make a card of what cards with these marks have in common, and what is the course's own."""
    facts = (course.level, course.minutes, course.lesson_count)
    rated = (course.rating_count, course.rating_sum)
    tag = course.tag_at(moment)
    own: dict[str, str] = {
        "slug": course.slug,
        "title": course.title,
        "summary": course.summary,
        "instructor": course.instructor.name,
        "hue": str(hue_step(course)),
        "src": cover_url(course),
        "facts": kept_piece("catalog/_facts.html", {"course": course}, key=(facts, rated)),
        "price": kept_piece("catalog/_price.html", {"tag": tag}, key=tag),
    }
    if srcset := picture_srcset(course):
        own["srcset"] = srcset
    alike = (course.language, course.is_for_sale)
    shape = (marks, place, takes_focus, *alike, bool(srcset))
    told = partial(_told, marks, place, takes_focus, *alike)
    return kept_form("catalog/_card.html", told, key=shape, later=own)


def _told(
    marks: Marks, place: int, takes_focus: bool, language: str, is_for_sale: bool
) -> dict[str, Any]:
    """Return what the template is told of all cards that look alike."""
    slug, title = gap("slug"), gap("title")
    course = SimpleNamespace(
        pk=0, slug=slug, title=title, language=language, is_for_sale=is_for_sale
    )
    return {
        **_marked(course, marks),
        "url": reverse("catalog:course_detail", args=[slug]),
        "place": place,
        "takes_focus": takes_focus,
        "srcset": "",
        # Templates look for what they are not told in vain, and for long.
        "css": "cover",
        "width": 640,
        "height": 400,
        "oob": False,
        "shown": "1",
    }


def _marked(course: Course | SimpleNamespace, marks: Marks) -> dict[str, Any]:
    """Return what a template is told of a course with these marks."""
    owned, lapsed, wanted = ({course.pk} if is_so else set() for is_so in marks)
    cart = SimpleNamespace(course_ids=wanted)
    return {"course": course, "owned": owned, "lapsed": lapsed, "cart": cart}


@register.simple_tag(takes_context=True)
def changed_buy_button(context: Context, course: Course) -> SafeString:
    """Return the course's button as it is now, which puts itself into its place on the page."""
    pk, cart = course.pk, current_cart(context)
    had = having(context["request"])
    marks = (pk in had.owned, pk in had.lapsed, pk in cart.course_ids)
    shown = (course.slug, course.title, course.language, course.is_for_sale)
    told = {**_marked(course, marks), "oob": True, "shown": "1"}
    return kept_piece("catalog/_buy_button.html", told, key=(shown, marks))


@register.simple_tag(takes_context=True)
def course_cards(context: Context, courses: Iterable[Course]) -> SafeString:
    """Return the courses' cards as items of a list."""
    moment = clock.now()
    numbered = enumerate(courses, start=1)
    wanted = [(course, course.face_at(moment), place, False) for place, course in numbered]
    return _items(_cards(wanted, moment, _marks(context["request"])))


@register.simple_tag(takes_context=True)
def shelf_cards(context: Context, shelf: Shelf, *, take_focus: bool = False) -> SafeString:
    """Return the cards of a shelf as items of a list; the first may take the focus.

    Most are the same for all who look at the shelf. These are kept together, and only what is
    something else to the visitor is looked for by itself.
    """
    known, moment = _marks(context["request"]), clock.now()
    faces = shelf.faces_at(moment)

    def wanted(place: int) -> Wanted:
        return shelf.courses[place - 1], faces[place - 1], place, take_focus and place == 1

    all_of_them = map(wanted, range(1, len(faces) + 1))
    cards = _nobodys_cards(all_of_them, moment, key=(get_language(), faces, take_focus))
    marked = set[int]().union(*known)
    own = [wanted(place) for place, pk in enumerate(shelf.pks, start=1) if pk in marked]
    if not own:
        return _items(cards)
    cards = list(cards)
    for (_, _, place, _), card in zip(own, _cards(own, moment, known), strict=True):
        cards[place - 1] = card
    return _items(cards)


# Cards of shelves, as nobody's; a card takes 2 kB.
_shelves: Kept[list[SafeString]] = Kept(1500)


def _nobodys_cards(
    wanted: Iterable[Wanted], moment: datetime, *, key: Hashable
) -> list[SafeString]:
    cards = None if settings.DEBUG else _shelves.get(key)
    if cards is None:
        cards = _cards(wanted, moment, NOBODYS)
        _shelves.put(key, cards, size=len(cards))
    return cards


def _items(cards: Iterable[SafeString]) -> SafeString:
    return mark_safe("".join(f"<li>{card}</li>\n" for card in cards))  # noqa: S308  made above


def _marks(request: HtmxRequest) -> AllMarks:
    """Return the courses that are the visitor's, were, and are in the cart."""
    known: AllMarks | None = getattr(request, "card_marks", None)
    if known is None:
        had = having(request)
        known = had.since.keys(), had.lapsed, summary_of(request).course_ids
        request.card_marks = known  # type: ignore[attr-defined]
    return known


@register.simple_tag(takes_context=True)
def cart_panel(context: Context, *, oob: bool) -> SafeString:
    """Return the cart beside the page, which ``oob`` puts into its place by itself.

    It is kept while only courses are in it and nothing was filled in: its tokens come later.
    """
    request, cart = context["request"], current_cart(context)
    later: dict[str, Callable[[], str]] = {
        "checkout_token": lambda: str(cart.checkout_token),
        "fingerprint": lambda: cart.fingerprint,
    }
    lapsed = having(request).lapsed if cart.lines else frozenset[int]()
    told = {
        "cart": cart,
        "oob": oob,
        "asks_address": asks_address(request),
        "lapsed": frozenset(lapsed & cart.course_ids),
    }
    if cart.bundle_ids or any(context.get(name) for name in FILLED_IN) or address_of(request):
        tokens = {name: SimpleLazyObject(make) for name, make in later.items()}
        return render_to_string(PANEL, {**_flat(context), **told, **tokens})
    shown = (cart.total_minor, cart.can_check_out, oob, told["asks_address"], told["lapsed"])
    key = (*shown, *(line.face for line in cart.lines if isinstance(line, CourseLine)))
    return kept_form(PANEL, told, key=key, later=later)


def _flat(context: Context) -> dict[str, Any]:
    return context.flatten()  # type: ignore[return-value]  # all keys are names


@register.simple_tag(takes_context=True)
def cart_line(context: Context, line: CourseLine) -> SafeString:
    """Return the line of a course in the cart."""
    takes_focus = context.get("focus") == line.remove_id
    is_lapsed = line.course.pk in context["lapsed"]
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
