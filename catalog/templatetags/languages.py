"""The languages that courses are in."""

from babel import Locale, UnknownLocaleError
from django import template
from django.utils.translation import get_language, to_locale

register = template.Library()


@register.filter
def language_name(code: str) -> str:
    """Return the name of a language in that of the page, or the code if nobody knows it."""
    try:
        spoken = Locale.parse(to_locale(get_language() or "en"))
        return Locale.parse(to_locale(code)).get_display_name(spoken) or code
    except (UnknownLocaleError, ValueError, TypeError):
        return code
