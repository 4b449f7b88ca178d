"""How a change of a field reads to people."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models

from catalog.money import to_decimal

LONGEST = 60  # characters that still read well in a line


def describe_difference(record: models.Model, name: str, old: Any, new: Any) -> str:
    """Say what happens to a field: ``minutes 10 → 12``; of long texts only that they change."""
    field = record._meta.get_field(name)
    label = str(getattr(field, "verbose_name", name))
    if name.endswith("_minor"):
        old, new = (_amount(value) for value in (old, new))
    if isinstance(old, list) or max(len(str(old)), len(str(new))) > LONGEST:
        return f"{label} changed"
    return f"{label} {_quoted(old)} → {_quoted(new)}"


def _amount(amount_minor: int | None) -> Decimal | None:
    return None if amount_minor is None else to_decimal(amount_minor, settings.SHOP_CURRENCY)


def _quoted(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    return f"“{value}”" if isinstance(value, str | models.Model) else str(value)
