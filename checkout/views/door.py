"""Who may see an order, and where others are led."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from checkout.models import Order
from project.htmx import HtmxRequest, sign_in_first


def find_order(request: HtmxRequest, reference: str) -> Order | None:
    """Return the order, if the viewer may see it."""
    return Order.objects.visible_to(request.user, reference=reference).first()


def turn_away(request: HtmxRequest, reference: str, *, page: str = "order_detail") -> HttpResponse:
    """Ask a stranger to sign in; to others, somebody else's order is one that does not exist.

    The same words for any reference: perhaps they were signed out while they paid.
    """
    if request.user.is_authenticated:
        raise Http404("There is no such order.")
    messages.info(request, gettext("If you have paid, your courses are waiting for you."))
    return sign_in_first(request, next_url=reverse(f"checkout:{page}", args=[reference]))
