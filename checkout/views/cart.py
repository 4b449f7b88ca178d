"""The cart: what is in it, and changing that."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Bundle, Course
from catalog.models.course_queries import UNSOLD_FIELDS
from checkout.carts import cart_for, cart_of, forget_summary, make_cart_of, owned_on, summary_of
from checkout.forms import SeatsForm, Unclear, Wish
from checkout.guests import has_started
from checkout.models import Order
from project.headers import never_kept
from project.htmx import HtmxRequest, redirect_browser, render_part, same_origin_only, wants_part
from project.limits import Limit, limited
from project.prepared import Given, Prepared

CART = Limit("cart", times=60, seconds=60)


@never_kept
@require_safe
def cart(request: HtmxRequest) -> HttpResponse:
    """Show the cart as a page."""
    context = {"cart": summary_of(request), "is_back": _canceled_order(request) is not None}
    return render_part(request, "checkout/cart.html", "stage", context)


@same_origin_only
@require_POST
@limited(CART)
def cart_items(request: HtmxRequest) -> HttpResponse:
    """Put a course or a bundle into the cart."""
    try:
        wish = Wish.read(request.POST)
    except ValidationError as error:
        return _refused(request, error.messages[0])
    except Unclear:
        return HttpResponse(_("Which course should go into the cart?"), status=400)
    return _add_bundle(request, wish.bundle) if wish.bundle else _add_course(request, wish)


def _add_course(request: HtmxRequest, wish: Wish) -> HttpResponse:
    course = _for_sale.first(slug=wish.course)
    if course is None:
        raise Http404
    cart = cart_for(request, course)
    is_one = wish.seats == 1 and not wish.is_for_others
    bundle = cart.bundle_beside if cart and is_one else None  # type: ignore[attr-defined]
    names = {"course": course, "bundle": bundle}
    if course.pk in owned_on(request) and not wish.is_for_others:
        said = _("“%(course)s” is yours already. You will find it in your library.")
        messages.info(request, said % names)
    elif bundle:
        said = _("“%(course)s” is in your cart already, as a part of “%(bundle)s”.")
        messages.info(request, said % names)
    elif (cart or make_cart_of(request)).put(
        course, seats=wish.seats, is_for_others=wish.is_for_others
    ):
        messages.success(request, _("“%(course)s” is in your cart.") % names)
    else:
        messages.info(request, _("“%(course)s” was in your cart already.") % names)
    return _changed(request, course)


_for_sale = Prepared(
    lambda: Course.objects.for_sale().defer(*UNSOLD_FIELDS).filter(slug=Given("slug"))
)


def _add_bundle(request: HtmxRequest, slug: str) -> HttpResponse:
    bundle = get_object_or_404(Bundle.objects.for_sale().with_courses(), slug=slug)
    if bundle.offer_to(owned_on(request)).is_complete:
        said = _("All courses of “%(bundle)s” are yours already.")
        messages.info(request, said % {"bundle": bundle})
        return _changed(request, bundle)
    cart = make_cart_of(request)
    if cart.put_bundle(bundle):
        messages.success(request, _("“%(bundle)s” is in your cart.") % {"bundle": bundle})
    else:
        messages.info(request, _("“%(bundle)s” was in your cart already.") % {"bundle": bundle})
    for course in cart.take_out_single(bundle):
        said = _("“%(course)s” was there alone, and was taken out: it comes with the bundle.")
        messages.info(request, said % {"course": course})
    return _changed(request, bundle)


@same_origin_only
@require_POST
@limited(CART)
def cart_item(request: HtmxRequest, slug: str) -> HttpResponse:
    """Change the seats on a course in the cart; none takes it out."""
    course = get_object_or_404(Course, slug=slug)
    form = SeatsForm(request.POST)
    if not form.is_valid():
        return _refused(request, str(form.errors["seats"][0]))
    seats = form.cleaned_data["seats"]
    focus = "" if seats else _neighbor(request, course)
    cart = cart_of(request)
    is_in = cart is not None and cart.set_seats(course, seats)
    _tell(request, course, is_in=is_in, is_out=not seats)
    return _changed(request, course, focus=focus)


@same_origin_only
@require_POST
@limited(CART)
def cart_giving(request: HtmxRequest, slug: str) -> HttpResponse:
    """Say whether all seats on a course are to be given away: ``all=yes``, or one is mine."""
    course = get_object_or_404(Course, slug=slug)
    cart = cart_of(request)
    is_in = cart is not None and cart.give_away(course, is_all=request.POST.get("all") == "yes")
    _tell(request, course, is_in=is_in, is_out=False)
    return _changed(request, course)


@same_origin_only
@require_POST
@limited(CART)
def cart_bundle(request: HtmxRequest, slug: str) -> HttpResponse:
    """Take a bundle out of the cart: ``seats=0``. It has one seat on each course, never more."""
    bundle = get_object_or_404(Bundle.objects.with_courses(), slug=slug)
    if request.POST.get("seats") != "0":
        return _refused(request, _("A bundle has one seat on each course."))
    focus = _neighbor(request, bundle)
    cart = cart_of(request)
    is_in = cart is not None and cart.take_bundle_out(bundle)
    _tell(request, bundle, is_in=is_in, is_out=True)
    return _changed(request, bundle, focus=focus)


def _tell(request: HtmxRequest, thing: Course | Bundle, *, is_in: bool, is_out: bool) -> None:
    """Say what became of a line, unless the cart shows it by itself."""
    names = {"thing": thing}
    if not is_in:
        messages.info(request, _("“%(thing)s” was not in your cart any more.") % names)
    elif is_out:
        messages.success(request, _("“%(thing)s” was taken out of your cart.") % names)


def _refused(request: HtmxRequest, why: str) -> HttpResponse:
    """Show the cart as it is, and why it was not changed. What was typed stays on the page."""
    messages.error(request, why)
    if request.htmx:
        return _changed(request, None, status=422)
    context = {"cart": summary_of(request)}
    return render(request, "checkout/cart.html", context, status=422)


def _changed(
    request: HtmxRequest, thing: Course | Bundle | None, *, focus: str = "", status: int = 200
) -> HttpResponse:
    """Answer with the cart as it is now, and for htmx with all that depends on it."""
    if not wants_part(request):
        return redirect_browser(request, reverse("checkout:cart"))
    forget_summary(request)
    owned = owned_on(request)
    context: dict[str, Any] = {
        "cart": summary_of(request),
        "owned": owned,
        "focus": focus,
        "place": request.POST.get("shown", ""),  # of its button on the page
        "course": None,
        "bundle": None,
        "courses_beside": (),
    }
    if isinstance(thing, Bundle):
        beside = set(request.POST.getlist("beside"))
        shown = [course for course in thing.contents if course.slug in beside]
        context |= {"bundle": thing, "offer": thing.offer_to(owned), "courses_beside": shown}
    else:
        context["course"] = thing
    return render(request, "checkout/_cart_changed.html", context, status=status)


def _neighbor(request: HtmxRequest, thing: Course | Bundle) -> str:
    """Return what gets the keyboard's focus when ``thing`` goes: the next remove button."""
    lines = summary_of(request).lines
    places = [place for place, line in enumerate(lines) if line.thing == thing]
    if not places or len(lines) == 1:
        return "heading"
    place = places[0]
    return (lines[place + 1 :] + lines[:place][::-1])[0].remove_id


def _canceled_order(request: HtmxRequest) -> Order | None:
    """Return the order whose payment page was left, if it is the visitor's and not yet paid."""
    reference = request.GET.get("canceled", "")
    if not reference.isalnum():
        return None
    known = Order.objects.visible_to(request.user, reference=reference[:32]).payable().first()
    is_mine = known and (known.user_id or has_started(request, reference))
    return known if is_mine else None
