"""From the cart to the gateway's page."""

import logging
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from checkout.carts import cart_of, owned_by, summary_of
from checkout.gateways import (
    EmailRefused,
    GatewayError,
    NotConfigured,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from checkout.guests import (
    EMAIL_FIELD,
    UNTAKEN_ADDRESS,
    EmailForm,
    remember_address,
    remember_order,
)
from checkout.models import Cart, Payment, PaymentStatus
from checkout.placing import CartNeedsAttention, begin_payment
from checkout.settlement import WrongSession
from project.accounts.models import User
from project.headers import never_kept
from project.htmx import (
    HtmxRequest,
    redirect_browser,
    same_origin_only,
    sign_in_first,
    wants_part,
)
from project.limits import Limit, limited

logger = logging.getLogger(__name__)

# A robot that tries cards needs session after session; a school buys from one address.
CHECKOUTS_OF_CART = Limit("checkout of a cart", times=10, seconds=60)
CHECKOUTS_OF_ADDRESS = Limit("checkout", times=100, seconds=3600)
# Whoever buys nothing at no price has letters sent to somebody else's address.
CHECKOUTS_OF_EMAIL = Limit("checkout with an e-mail address", times=20, seconds=3600)

NO_ANSWER = _("The payment service did not answer.")
# Nothing has failed, which would have people pay in another way as well: the next try goes on.
TROUBLES = {
    OutcomeUnknown: _("We are still connecting to the payment service."),
    Unavailable: _("The payment service is busy."),
}


def cart_name(request: HtmxRequest) -> str:
    """Return whose cart it is, for the limit on one cart."""
    cart = cart_of(request)
    return str(cart.pk) if cart else ""


def buyer_name(request: HtmxRequest) -> str:
    """Return who buys, for the limit on one buyer."""
    if isinstance(request.user, User):
        return f"user {request.user.pk}"
    return request.POST.get("email", "")[:320].strip().lower()


@same_origin_only
@never_kept
@require_POST
@limited(CHECKOUTS_OF_ADDRESS)
@limited(CHECKOUTS_OF_CART, by=cart_name)
@limited(CHECKOUTS_OF_EMAIL, by=buyer_name)
def start(request: HtmxRequest) -> HttpResponse:
    """Order what is in the cart, and send the shopper to the payment page."""
    cart = cart_of(request)
    if isinstance(request.user, User):
        return _order(request, cart, request.user.email)
    if not settings.GUEST_CHECKOUT:
        messages.info(request, gettext("Sign in first, so that your courses are waiting for you."))
        return sign_in_first(request, next_url=reverse("checkout:cart"))
    form = EmailForm(request.POST, auto_id=EMAIL_FIELD)
    if cart and not form.is_valid():
        return _ask_again(request, form)
    try:
        return _order(request, cart, form.cleaned_data["email"] if cart else "")
    except EmailRefused:
        form.add_error("email", UNTAKEN_ADDRESS)
        return _ask_again(request, form)


def _order(request: HtmxRequest, cart: Cart | None, email: str) -> HttpResponse:
    if cart is None:
        return _back_to_cart(request, gettext("Your cart is empty."))
    user = request.user if isinstance(request.user, User) else None
    if user is None:
        remember_address(request, email)
    try:
        payment = begin_payment(
            cart,
            user=user,
            email=email,
            token=_token(request),
            shown=request.POST.get("shown", ""),
        )
    except CartNeedsAttention as error:
        cart.accept_prices()
        cart.drop_owned(owned_by(request.user))
        return _back_to_cart(request, str(error))
    except (GatewayError, WrongSession, OperationalError) as error:
        if isinstance(error, EmailRefused) and user is None:
            raise
        logger.warning("checkout of cart %s did not start: %s", cart.pk, error)
        return _back_to_cart(request, _apology(error))
    if user is None:
        remember_order(request, payment.order)
    return redirect_browser(request, _next_page(payment))


def _ask_again(request: HtmxRequest, form: EmailForm) -> HttpResponse:
    """Show the cart once more, with what is wrong with the address."""
    template = "checkout/_cart.html" if wants_part(request) else "checkout/cart.html"
    context = {"cart": summary_of(request), "email_form": form}
    return render(request, template, context, status=422)


def _token(request: HtmxRequest) -> UUID:
    """Return the token of the page that was sent; without a good one the cart alone decides."""
    try:
        return UUID(request.POST.get("token", ""))
    except ValueError:
        return uuid4()


def _next_page(payment: Payment) -> str:
    is_waiting = payment.status == PaymentStatus.OPEN and payment.order.is_payable
    return payment.session_url if is_waiting else payment.order.get_absolute_url()


def _back_to_cart(request: HtmxRequest, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect_browser(request, reverse("checkout:cart"))


def _apology(error: Exception) -> str:
    if isinstance(error, NotConfigured):
        return gettext("This shop cannot take payments yet. Your cart is kept.")
    if isinstance(error, Refused):
        return gettext(
            "Payments are not possible just now. Please try again later. Your cart is kept."
        )
    what = next((what for kind, what in TROUBLES.items() if isinstance(error, kind)), NO_ANSWER)
    rest = gettext("You have not been charged. Please try again in a moment.")
    return f"{what} {rest}"
