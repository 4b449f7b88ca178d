"""Dates, lengths of time and numbers as people write them in the language that is spoken."""

from collections.abc import Sequence
from datetime import date, datetime

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.translation import gettext

from project.languages import active_locale


def day(when: date) -> str:
    """Return the day: "November 5, 2026", or "5 November 2026"."""
    when = _local(when) if isinstance(when, datetime) else when
    return format_date(when, "long", locale=active_locale())


def day_and_time(when: datetime) -> str:
    """Return the day and the minute: "November 5, 2026, 07:03", or "5 November 2026, 07.03"."""
    time = format_skeleton("Hm", _local(when), locale=active_locale())
    return f"{day(when)}, {time}"


def duration(minutes: int) -> str:
    """Return a length of time, such as "2 h 5 min"; nothing for none."""
    hours, rest = divmod(minutes, 60)
    parts = [
        gettext("%(number)s h") % {"number": number(hours)} if hours else "",
        gettext("%(number)s min") % {"number": rest} if rest else "",
    ]
    return " ".join(part for part in parts if part)


def clock(seconds: int) -> str:
    """Return a length of time as players show it: "4:05", or "1:04:05"."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def number(amount: int) -> str:
    """Return a number with its thousands apart: "1,234", or "1.234"."""
    return format_decimal(amount, locale=active_locale()) if amount >= 1000 else str(amount)


def score(average: float) -> str:
    """Return an average with one decimal place: "4.5", or "4,5"."""
    return format_decimal(average, format="0.0", locale=active_locale())


def listed(things: Sequence[str]) -> str:
    """Return things as a sentence has them: "a, b and c"."""
    if len(things) < 2:
        return "".join(things)
    both = {"first": ", ".join(things[:-1]), "last": things[-1]}
    return gettext("%(first)s and %(last)s") % both


def _local[D: date](when: D) -> D | datetime:
    """Return the moment in the shop's time zone; a day is the same everywhere."""
    is_moment = isinstance(when, datetime) and timezone.is_aware(when)
    return timezone.localtime(when) if is_moment else when  # type: ignore[arg-type]
