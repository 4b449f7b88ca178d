"""Dates, lengths of time and numbers in templates, and words of another language."""

from datetime import date, datetime

from django import template
from django.utils.html import format_html
from django.utils.translation import get_language, get_language_info

from project import written

register = template.Library()


@register.filter
def day(when: date | None) -> str:
    """Write the day: ``{{ order.paid_at|day }}`` is ``November 5, 2026``."""
    return written.day(when) if when else ""


@register.filter
def day_and_time(when: datetime | None) -> str:
    """Write the day and the minute."""
    return written.day_and_time(when) if when else ""


@register.filter
def duration(minutes: int) -> str:
    """Write a length of time: ``{{ 125|duration }}`` is ``2 h 5 min``."""
    return written.duration(minutes)


@register.filter
def clock(seconds: int) -> str:
    """Write a length of time as players show it: ``{{ 245|clock }}`` is ``4:05``."""
    return written.clock(seconds)


@register.filter
def number(amount: int) -> str:
    """Write a number with its thousands apart."""
    return written.number(amount)


@register.filter
def score(average: float) -> str:
    """Write an average with one decimal place."""
    return written.score(average)


@register.simple_tag
def lang(code: str) -> str:
    """Return the attributes of an element whose words are of this language.

    None at all, if the page is of the same: ``<h1{% lang course.language %}>``.
    """
    if not code or code.partition("-")[0] == (get_language() or "").partition("-")[0]:
        return ""
    return format_html(' lang="{}" dir="{}"', code, "rtl" if _is_bidi(code) else "ltr")


def _is_bidi(code: str) -> bool:
    try:
        return bool(get_language_info(code)["bidi"])
    except KeyError:
        return False
