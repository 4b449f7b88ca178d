"""The cart, for pages of every room."""

from typing import Any

from django import template

from checkout.carts import summary_of
from checkout.models import MAX_SEATS
from checkout.summary import CartSummary

register = template.Library()


@register.simple_tag(takes_context=True)
def current_cart(context: dict[str, Any]) -> CartSummary:
    """Return the cart as the visitor sees it. Writes nothing."""
    known = context.get("cart")
    return known if isinstance(known, CartSummary) else summary_of(context["request"])


@register.simple_tag
def most_seats() -> int:
    """Return how many seats on one course a cart takes."""
    return MAX_SEATS
