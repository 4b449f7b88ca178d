"""Names browsers as people do."""

from django import template
from django.utils.translation import gettext

from project.accounts.browsers import describe

register = template.Library()


@register.filter
def browser_name(user_agent: str) -> str:
    """Return “Firefox, Windows” for a user agent that says so at length."""
    return describe(user_agent) or gettext("Some browser")
