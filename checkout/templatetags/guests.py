"""What pages show to people who buy without an account."""

from typing import Any

from django import template

from checkout.guests import EmailForm, email_form_of, waiting_orders
from checkout.models import Order

register = template.Library()


@register.simple_tag(takes_context=True)
def email_form(context: dict[str, Any]) -> EmailForm | None:
    """Return the form that a visitor checks out with, as it was sent or fresh."""
    known = context.get("email_form")
    return known if isinstance(known, EmailForm) else email_form_of(context["request"])


@register.simple_tag(takes_context=True)
def orders_to_save(context: dict[str, Any]) -> list[Order]:
    """Return what was bought in this browser and belongs to no account yet."""
    return waiting_orders(context["request"])
