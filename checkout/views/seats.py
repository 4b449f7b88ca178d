"""The seats of an order that are for others: who has them, and handing them out."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from checkout.handing_out import HandedSeat, handed, lines_for_others, seats_url
from checkout.models import Order, OrderLine
from checkout.origins import called
from checkout.seat_forms import GiftForm, InvitationForm
from checkout.views.door import find_order, turn_away
from library.invitations import TooManyLetters, invite, send_again, take_back
from library.models import AlreadyInvited, InvalidTransition, NotFree, SeatInvitation
from project.headers import never_kept
from project.htmx import HtmxRequest, redirect_browser, render_part, wants_part
from project.limits import Limit, limited

SEATS_PER_PAGE = 50

# Mail to strangers in somebody's name is what a spammer would like to have from us.
LETTERS_OF_ADDRESS = Limit("invitation to a seat", times=200, seconds=86_400)
LETTERS_OF_ORDER = Limit("invitation to a seat of an order", times=120, seconds=86_400)
LETTERS_TO = Limit("invitation of an address", times=10, seconds=86_400)


@dataclass(frozen=True)
class Card:
    """One seat on the page, with what can be said of it."""

    handed: HandedSeat
    mail: InvitationForm
    gift: GiftForm


def order_name(request: HtmxRequest) -> str:
    """Return which order it is about, for the limit on one of them."""
    return str(request.resolver_match.kwargs["reference"]) if request.resolver_match else ""


def invited_name(request: HtmxRequest) -> str:
    """Return who is invited, for the limit on one address."""
    return request.POST.get("email", "")[:320].strip().lower()


@never_kept
@require_safe
def seats(request: HtmxRequest, reference: str) -> HttpResponse:
    """Show the seats that I can give away, and what became of the others."""
    order = find_order(request, reference)
    if order is None:
        return turn_away(request, reference, page="seats")
    if not order.is_paid:
        return redirect_browser(request, order.get_absolute_url())
    context = _page_context(order, page=request.GET.get("page"))
    return render_part(request, "checkout/seats.html", "stage", context)


@never_kept
@require_POST
@limited(LETTERS_OF_ADDRESS)
@limited(LETTERS_OF_ORDER, by=order_name)
@limited(LETTERS_TO, by=invited_name)
def seat_invitation(request: HtmxRequest, reference: str, line: int) -> HttpResponse:
    """Invite somebody to a free seat by mail, or make it a gift."""
    order = find_order(request, reference)
    if order is None:
        return turn_away(request, reference, page="seats")
    chosen = get_object_or_404(lines_for_others(order), pk=line)
    mail, gift = _forms(chosen, request.POST)
    form = gift if gift.is_bound else mail
    if not form.is_valid():
        return _answer(request, order, chosen, sent=request.POST)
    _invite(request, order, chosen, form)
    return _answer(request, order, chosen)


@never_kept
@require_POST
@limited(LETTERS_OF_ADDRESS)
@limited(LETTERS_OF_ORDER, by=order_name)
def seat_letter(request: HtmxRequest, reference: str, line: int) -> HttpResponse:
    """Mail an invitation once more, or a gift before its day."""
    order = find_order(request, reference)
    if order is None:
        return turn_away(request, reference, page="seats")
    chosen = get_object_or_404(lines_for_others(order), pk=line)
    try:
        send_again(_seat(chosen))
        messages.success(request, gettext("The mail is on its way."))
    except TooManyLetters:
        told = gettext("We have just written there, or often enough. Hand the link on yourself.")
        messages.warning(request, told)
    except (NotFree, SeatInvitation.DoesNotExist):
        messages.info(request, gettext("This seat has changed meanwhile. This is how it stands."))
    return _answer(request, order, chosen)


@never_kept
@require_POST
@limited(LETTERS_OF_ORDER, by=order_name)
def seat_return(request: HtmxRequest, reference: str, line: int) -> HttpResponse:
    """Take an invitation or a link back, so that the seat is free again."""
    order = find_order(request, reference)
    if order is None:
        return turn_away(request, reference, page="seats")
    chosen = get_object_or_404(lines_for_others(order), pk=line)
    try:
        take_back(_seat(chosen))
        told = gettext("Taken back. The old link is dead, and the seat is free again.")
        messages.success(request, told)
    except InvalidTransition:
        told = gettext("Somebody has taken this seat, so it cannot be taken back.")
        messages.warning(request, told)
    return _answer(request, order, chosen)


def _invite(request: HtmxRequest, order: Order, line: OrderLine, form: InvitationForm) -> None:
    email = form.cleaned_data["email"]
    try:
        invitation = invite(
            _seat(line),
            email=email,
            giver=order.user,
            from_name=called(order),
            is_gift=form.is_gift,
            language=get_language() or "",
            **form.words,
        )
    except (AlreadyInvited, NotFree):
        messages.info(request, gettext("This seat has changed meanwhile. This is how it stands."))
        return
    if invitation.is_sent:
        told = gettext("A mail with the link is on its way to %(email)s.")
    else:
        told = gettext("It is wrapped. We mail it to %(email)s on its day.")
    messages.success(request, told % {"email": email})


def _forms(line: OrderLine, data: Any = None) -> tuple[InvitationForm, GiftForm]:
    """Return both forms of a seat; that which was sent, with what was sent."""
    is_gift = data is not None and data.get("kind") == "gift"
    mail = InvitationForm(None if is_gift else data, auto_id=f"seat-{line.pk}-mail-%s")
    gift = GiftForm(data if is_gift else None, auto_id=f"seat-{line.pk}-gift-%s")
    return mail, gift


def _seat(line: OrderLine) -> Any:
    return line.enrollment


def _answer(
    request: HtmxRequest, order: Order, line: OrderLine, *, sent: Any = None
) -> HttpResponse:
    """Show the seat as it is now: alone for htmx, else with its page."""
    number = request.POST.get("page", "")
    if not sent and not wants_part(request):
        page = f"?page={number}" if number.isdecimal() else ""
        return redirect_browser(request, f"{seats_url(order)}{page}#seat-{line.pk}")
    status = 422 if sent else 200
    if not wants_part(request):
        context = _page_context(order, page=number, sent=sent, sent_for=line.pk)
        return render(request, "checkout/seats.html", context, status=status)
    fresh = lines_for_others(order).get(pk=line.pk)
    before = lines_for_others(order).filter(course=fresh.course_id, seat__lt=fresh.seat)
    [seat] = handed([fresh], earlier={fresh.course_id: before.count()})
    shown = {"card": _card(seat, sent), "is_fresh": True, "page_number": number}
    return render(request, "checkout/seats.html#seat", _context(order) | shown, status=status)


def _page_context(
    order: Order, *, page: str | None, sent: Any = None, sent_for: int = 0
) -> dict[str, Any]:
    lines = lines_for_others(order)
    shown = Paginator(lines, SEATS_PER_PAGE).get_page(page)
    seats = handed(list(shown), earlier=_counted_before(lines, shown))
    return _context(order) | {
        "page": shown,
        "page_number": shown.number,
        "cards": [_card(seat, sent if seat.line.pk == sent_for else None) for seat in seats],
    }


def _card(seat: HandedSeat, sent: Any = None) -> Card:
    mail, gift = _forms(seat.line, sent)
    return Card(seat, mail, gift)


def _counted_before(lines: Any, shown: "Page[OrderLine]") -> dict[int, int]:
    """Return how many seats of each course stand on the pages before."""
    start = shown.start_index() - 1
    return Counter(lines.values_list("course_id", flat=True)[:start]) if start > 0 else {}


def _context(order: Order) -> dict[str, Any]:
    return {"order": order, "giver": called(order)}
