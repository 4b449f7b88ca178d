"""The cart, for pages of every room."""

from typing import Any

from django import template
from django.template import Context

from catalog.models import Bundle, BundleOffer
from checkout.carts import owned_on, summary_of
from checkout.models import MAX_SEATS
from checkout.summary import CartSummary

register = template.Library()


@register.simple_tag(takes_context=True)
def current_cart(context: Context) -> CartSummary:
    """Return the cart as the visitor sees it. Writes nothing."""
    known = context.get("cart")
    return known if isinstance(known, CartSummary) else summary_of(context["request"])


@register.simple_tag
def most_seats() -> int:
    """Return how many seats on one course a cart takes."""
    return MAX_SEATS


@register.simple_tag(takes_context=True)
def bundle_offer(context: dict[str, Any], bundle: Bundle) -> BundleOffer:
    """Return what the bundle is to the visitor: what they have of it is not charged."""
    return bundle.offer_to(owned_on(context["request"]))
