"""The cart as its visitor sees it: with prices, and the truth about each line."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID, uuid4

from django.conf import settings

from catalog.models import Course
from catalog.money import format_money
from checkout.models import Cart, CartItem


@dataclass(frozen=True)
class CartLine:
    """One course in the cart."""

    item: CartItem
    is_owned: bool

    @property
    def course(self) -> Course:
        """What is to be bought."""
        return self.item.course

    @property
    def seats(self) -> int:
        """How many seats on it."""
        return self.item.seats

    @property
    def price(self) -> str:
        """What one seat costs."""
        return self.course.price

    @property
    def total_minor(self) -> int:
        """What the line costs; nothing while it cannot be bought."""
        return self.course.price_minor * self.seats if self.can_be_bought else 0

    @property
    def total(self) -> str:
        """What the line costs, as people write it."""
        return format_money(self.course.price_minor * self.seats, self.course.currency)

    @property
    def earlier_price(self) -> str:
        """The price that was shown before."""
        return format_money(self.item.price_minor, self.course.currency)

    @property
    def note(self) -> str:
        """What there is to know: ``owned``, ``unavailable``, ``price_changed`` or nothing."""
        if not self.course.is_for_sale:
            return "unavailable"
        if self.is_owned and self.seats == 1:
            return "owned"
        return "price_changed" if self.item.price_minor != self.course.price_minor else ""

    @property
    def can_be_bought(self) -> bool:
        """Whether the line may go into an order."""
        return self.note in ("", "price_changed")


class CartSummary:
    """A cart with its lines, read once."""

    def __init__(self, cart: Cart | None, *, owned: set[int]) -> None:
        items = cart.items.with_courses() if cart else CartItem.objects.none()
        self.lines = [CartLine(item, is_owned=item.course_id in owned) for item in items]
        self.currency = settings.SHOP_CURRENCY

    @cached_property
    def course_ids(self) -> set[int]:
        """What is in the cart."""
        return {line.item.course_id for line in self.lines}

    @property
    def count(self) -> int:
        """How many seats, on all courses."""
        return sum(line.seats for line in self.lines)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self.lines

    @property
    def total_minor(self) -> int:
        """What all lines that can be bought cost."""
        return sum(line.total_minor for line in self.lines)

    @property
    def total(self) -> str:
        """The total as people write it."""
        return format_money(self.total_minor, self.currency)

    @property
    def can_check_out(self) -> bool:
        """Whether every line may go into an order."""
        return bool(self.lines) and all(line.can_be_bought for line in self.lines)

    @cached_property
    def checkout_token(self) -> UUID:
        """Identifies this rendering: sent twice, it makes one order."""
        return uuid4()
