"""Prices apart from any table: as they are shown, and one price split over several things."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.money import format_money, to_decimal


class PriceTag(NamedTuple):
    """A price as it is shown: what is to be paid, and what may honestly be said beside it.

    Amounts are minor units. ``before_minor`` is struck through; the price holds until ``ends_at``.
    """

    minor: int
    currency: str
    before_minor: int | None = None
    ends_at: datetime | None = None

    @property
    def text(self) -> str:
        """The price as people write it, or "Free"."""
        return format_money(self.minor, self.currency) if self.minor else _("Free")

    @property
    def amount(self) -> str:
        """The price as machines read it: ``39.00``."""
        return str(to_decimal(self.minor, self.currency))

    @property
    def before(self) -> str:
        """The earlier price as people write it, or nothing."""
        return format_money(self.before_minor, self.currency) if self.before_minor else ""

    @property
    def last_moment(self) -> datetime | None:
        """The last moment with this price: a sale that ends at midnight ends the day."""
        return self.ends_at and self.ends_at - timedelta(microseconds=1)

    @property
    def last_hour(self) -> datetime | None:
        """When it ends on its last day, unless the day ends with it."""
        if not (self.ends_at and self.last_moment):
            return None
        ends_at, last_moment = map(timezone.localtime, (self.ends_at, self.last_moment))
        return ends_at if ends_at.date() == last_moment.date() else None

    def times(self, seats: int) -> "PriceTag":
        """Return the price of so many."""
        before = self.before_minor and self.before_minor * seats
        return self._replace(minor=self.minor * seats, before_minor=before)


def split_price(total_minor: int, weights: Mapping[int, int]) -> dict[int, int]:
    """Split ``total_minor`` over the keys of ``weights``, in proportion; return each one's part.

    The parts add up to the total exactly, whatever the order of the keys: what rounding leaves
    over goes to the largest remainders, and among equal ones to the smaller key. What weighs
    nothing gets nothing, unless nothing weighs anything: then all are equal.
    """
    if not any(weights.values()):
        weights = dict.fromkeys(weights, 1)
    whole = sum(weights.values())
    parts = {key: total_minor * weight // whole for key, weight in weights.items()}
    left_over = total_minor - sum(parts.values())
    by_remainder = sorted(weights, key=lambda key: (-(total_minor * weights[key] % whole), key))
    for key in by_remainder[:left_over]:
        parts[key] += 1
    return parts
