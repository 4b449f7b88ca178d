"""The cart as its visitor sees it: with prices, and the truth about each line."""

import hashlib
from collections.abc import Iterable, Set
from datetime import datetime
from functools import cached_property
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from catalog.money import format_money
from checkout.lines import WantedSeat, lines_of
from checkout.models import CartItem


class CartSummary:
    """What is in a cart with its lines, read once, at the prices of one moment."""

    def __init__(
        self, items: Iterable[CartItem], *, owned: Set[int], moment: datetime | None = None
    ) -> None:
        self.lines = lines_of(items, owned, moment or timezone.now())
        self.currency = settings.SHOP_CURRENCY

    @cached_property
    def course_ids(self) -> set[int]:
        """The courses in the cart, those in its bundles included."""
        return {course_id for line in self.lines for course_id in line.item.course_ids}

    @cached_property
    def bundle_ids(self) -> set[int]:
        """The bundles in the cart."""
        return {line.thing.pk for line in self.lines if line.kind == "bundle"}

    @property
    def count(self) -> int:
        """How many seats on courses, and how many bundles."""
        return sum(line.seats for line in self.lines)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self.lines

    @cached_property
    def wanted(self) -> list[WantedSeat]:
        """The seats that would be ordered."""
        return [seat for line in self.lines for seat in line.wanted]

    @property
    def total_minor(self) -> int:
        """What all lines that can be bought cost."""
        return sum(seat.price_minor for seat in self.wanted)

    @property
    def is_free(self) -> bool:
        """Whether something is in it, and nothing is to be paid."""
        return bool(self.lines) and not self.total_minor

    @property
    def total(self) -> str:
        """The total as people write it."""
        return format_money(self.total_minor, self.currency)

    @property
    def can_check_out(self) -> bool:
        """Whether every line may go into an order."""
        return bool(self.lines) and all(line.can_be_bought for line in self.lines)

    @cached_property
    def fingerprint(self) -> str:
        """What identifies this content: the seats and their prices, in any order.

        The page sends it back: what is ordered is what was shown, or nothing.
        """
        wanted = [seat.identity for seat in self.wanted]
        return hashlib.sha256(repr(sorted(wanted)).encode()).hexdigest()

    @cached_property
    def checkout_token(self) -> UUID:
        """Identifies this rendering: sent twice, it makes one order."""
        return uuid4()
