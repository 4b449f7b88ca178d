"""What pages show to people who buy without an account."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from checkout.guests import EmailForm, email_form_of, waiting_orders
from checkout.models import Order

FIELDS = "checkout/_check_out_fields.html"

register = template.Library()


@register.simple_tag(takes_context=True)
def check_out_fields(context: dict[str, Any]) -> SafeString:
    """Return what is filled in to check out, as it was sent or fresh, and the button."""
    sent = context.get("email_form")
    if isinstance(sent, EmailForm):
        return _fields(sent)
    if not context["asks_address"]:
        return render_to_string(FIELDS)
    return _fields(email_form_of(context.get("request")))


def _fields(form: EmailForm) -> SafeString:
    return render_to_string(FIELDS, {"field": form["email"]})


@register.simple_tag(takes_context=True)
def orders_to_save(context: dict[str, Any]) -> list[Order]:
    """Return what was bought in this browser and belongs to no account yet."""
    return waiting_orders(context["request"])
