"""Amounts of money in templates."""

from django import template

from catalog.money import format_money

register = template.Library()


@register.filter
def money(amount_minor: int, currency: str) -> str:
    """Write minor units as people do: ``{{ 3900|money:"usd" }}`` is ``$39``."""
    return format_money(amount_minor, currency)
