"""What the shop's office shows beside the admin's own pages."""

from typing import Any

from django import template

from checkout.books import Books, compare_books

register = template.Library()


@register.simple_tag(takes_context=True)
def books(context: dict[str, Any]) -> Books | None:
    """Return the books in one number, for staff who may see orders; otherwise nothing."""
    may_see = context["request"].user.has_perm("checkout.view_order")
    return compare_books() if may_see else None
