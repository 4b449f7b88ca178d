"""The cart: what is in it, and changing that."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Course
from checkout.carts import cart_of, forget_summary, make_cart_of, owned_on, summary_of
from checkout.guests import has_started
from checkout.models import MAX_SEATS, Order
from project.htmx import HtmxRequest, redirect_browser, render_part, wants_part
from project.limits import Limit, limited

CART = Limit("cart", times=60, seconds=60)


class AddForm(forms.Form):
    """What the add button sends."""

    course = forms.SlugField(max_length=80)
    seats = forms.IntegerField(min_value=1, max_value=MAX_SEATS, required=False)


class SeatsForm(forms.Form):
    """What the seats field and the remove button send."""

    seats = forms.IntegerField(
        min_value=0,
        max_value=MAX_SEATS,
        error_messages={
            "max_value": f"At most {MAX_SEATS} seats at a time. Write to us for a larger group.",
            "min_value": "The number of seats cannot be less than 0.",
            "invalid": "Please give the number of seats in digits.",
            "required": "Please give the number of seats.",
        },
    )


def same_origin_only[**P](
    view: Callable[Concatenate[HtmxRequest, P], HttpResponse],
) -> Callable[Concatenate[HtmxRequest, P], HttpResponse]:
    """Refuse what another site sends. For forms on pages that must not set a CSRF cookie.

    Browsers say where a request comes from in ``Sec-Fetch-Site``, and older ones in ``Origin``;
    what says neither is no browser, and carries nobody's cookies.
    """

    @wraps(view)
    def guarded(request: HtmxRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if _comes_from_elsewhere(request):
            return HttpResponseForbidden("This request came from another site.")
        return view(request, *args, **kwargs)

    return csrf_exempt(guarded)


def _comes_from_elsewhere(request: HtmxRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site != "same-origin"
    origin = request.headers.get("Origin")
    try:
        return origin is not None and urlsplit(origin).netloc != request.get_host()
    except ValueError:
        return True


@never_cache
@require_safe
def cart(request: HtmxRequest) -> HttpResponse:
    """Show the cart as a page."""
    context = {"cart": summary_of(request), "canceled_order": _canceled_order(request)}
    return render_part(request, "checkout/cart.html", "stage", context)


@same_origin_only
@require_POST
@limited(CART)
def cart_items(request: HtmxRequest) -> HttpResponse:
    """Put a course into the cart."""
    form = AddForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Which course should go into the cart?", status=400)
    course = get_object_or_404(Course.objects.for_sale(), slug=form.cleaned_data["course"])
    if course.pk in owned_on(request):
        messages.info(request, f"“{course}” is yours already. You will find it on your shelf.")
    elif make_cart_of(request).put(course, seats=form.cleaned_data["seats"] or 1):
        messages.success(request, f"“{course}” is in your cart.")
    else:
        messages.info(request, f"“{course}” was in your cart already.")
    return _changed(request, course)


@require_POST
@limited(CART)
def cart_item(request: HtmxRequest, slug: str) -> HttpResponse:
    """Change the seats on a course in the cart; none takes it out."""
    course = get_object_or_404(Course, slug=slug)
    form = SeatsForm(request.POST)
    if not form.is_valid():
        return _refused(request, course, str(form.errors["seats"][0]))
    seats = form.cleaned_data["seats"]
    focus = "" if seats else _neighbor(request, course)
    cart = cart_of(request)
    if cart is None or not cart.set_seats(course, seats):
        messages.info(request, f"“{course}” was not in your cart any more.")
    elif not seats:
        messages.success(request, f"“{course}” was taken out of your cart.")
    return _changed(request, course, focus=focus)


def _refused(request: HtmxRequest, course: Course, why: str) -> HttpResponse:
    """Show the cart as it is, and why it was not changed."""
    messages.error(request, why)
    if request.htmx:
        return _changed(request, course, status=422)
    context = {"cart": summary_of(request)}
    return render(request, "checkout/cart.html", context, status=422)


def _changed(
    request: HtmxRequest, course: Course, *, focus: str = "", status: int = 200
) -> HttpResponse:
    """Answer with the cart as it is now, and for htmx with all that depends on it."""
    if not wants_part(request):
        return redirect_browser(request, reverse("checkout:cart"))
    forget_summary(request)
    context = {
        "cart": summary_of(request),
        "course": course,
        "owned": owned_on(request),
        "focus": focus,
    }
    return render(request, "checkout/_cart_changed.html", context, status=status)


def _neighbor(request: HtmxRequest, course: Course) -> str:
    """Return what gets the keyboard's focus when ``course`` goes: the next remove button."""
    lines = summary_of(request).lines
    slugs = [line.course.slug for line in lines]
    if course.slug not in slugs or len(slugs) == 1:
        return "heading"
    place = slugs.index(course.slug)
    return f"remove-{(slugs[place + 1 :] + slugs[:place][::-1])[0]}"


def _canceled_order(request: HtmxRequest) -> Order | None:
    """Return the order whose payment page was left, if it is the visitor's and not yet paid."""
    reference = request.GET.get("canceled", "")
    if not reference.isalnum():
        return None
    known = Order.objects.visible_to(request.user, reference=reference[:32]).payable().first()
    is_mine = known and (known.user_id or has_started(request, reference))
    return known if is_mine else None
