"""What pages show of seats: whom one comes from, and which ones wait to be given away."""

from typing import Any

from django import template

from checkout.handing_out import Handout, handouts_of
from checkout.origins import Origin, origin_of
from library.models import Enrollment

register = template.Library()


@register.simple_tag
def where_from(seat: Enrollment) -> Origin | None:
    """Return the order that a seat was bought with, if it was bought."""
    return origin_of(seat)


@register.simple_tag(takes_context=True)
def seats_to_give_away(context: dict[str, Any]) -> list[Handout]:
    """Return the visitor's orders that have free seats, the latest first."""
    return handouts_of(context["request"].user)
