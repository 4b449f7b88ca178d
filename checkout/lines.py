"""The lines of a cart: what each would order, for how much, and the truth about it.

The page, the order and the gateway all get their numbers from here.
"""

from collections.abc import Hashable, Iterable, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from catalog.models import Bundle, BundleOffer, Course
from catalog.money import format_money
from catalog.pricing import PriceTag
from checkout.models import CartItem


@dataclass(frozen=True)
class WantedSeat:
    """One seat that would be ordered, at its price in minor units."""

    course: Course
    price_minor: int
    is_for_buyer: bool
    bundle: Bundle | None = None

    @property
    def identity(self) -> tuple[int, int, int, bool]:
        """What makes it another seat if it changes."""
        bundle_id = self.bundle.pk if self.bundle else 0
        return self.course.pk, bundle_id, self.price_minor, self.is_for_buyer


@dataclass(frozen=True)
class CourseLine:
    """One course in the cart."""

    item: CartItem
    course: Course
    moment: datetime
    is_owned: bool
    bundle_beside: Bundle | None  # in the cart as well, and has the course in it

    kind = "course"

    @property
    def remove_id(self) -> str:
        """What its remove button is called in the page."""
        return f"remove-{self.course.slug}"

    @property
    def thing(self) -> Course:
        """What is to be bought."""
        return self.course

    @property
    def seats(self) -> int:
        """How many seats on it."""
        return self.item.seats

    @property
    def is_for_others(self) -> bool:
        """Whether all of them are to be given away."""
        return self.item.is_for_others

    @property
    def others(self) -> int:
        """How many seats are left for others, if the first is the buyer's own."""
        return self.seats - 1

    @property
    def has_choice(self) -> bool:
        """Whether the first seat could be the buyer's own, so that it is for them to say."""
        return not self.is_owned and self.bundle_beside is None

    @cached_property
    def price_tag(self) -> PriceTag:
        """What all seats cost, as it is shown."""
        return self.course.tag_at(self.moment).times(self.seats)

    @property
    def price(self) -> str:
        """What one seat costs."""
        return self.course.tag_at(self.moment).text

    @property
    def earlier_price(self) -> str:
        """The price that was shown before."""
        return PriceTag(self.item.price_minor, self.course.currency).text

    @cached_property
    def note(self) -> str:
        """What there is to know of it.

        ``owned``, ``in_bundle``, ``unavailable``, ``price_changed`` or nothing.
        """
        if not self.course.is_for_sale:
            return "unavailable"
        is_for_buyer = self.seats == 1 and not self.is_for_others
        if self.is_owned and is_for_buyer:
            return "owned"
        if self.bundle_beside and is_for_buyer:
            return "in_bundle"
        is_same = self.item.price_minor == self.course.price_at(self.moment)
        return "" if is_same else "price_changed"

    @property
    def face(self) -> tuple[Hashable, ...]:
        """All that it shows: of the course, of the price, and of what there is to know."""
        course, beside = self.course, self.bundle_beside
        looks = (course.slug, course.title, course.language, course.hue, course.access_days)
        picture = (course.picture, course.picture_width)
        prices = (self.price_tag, self.item.price_minor)
        seats = (self.seats, self.is_for_others, self.has_choice)
        return *looks, *picture, *prices, *seats, self.note, beside and beside.title

    @property
    def can_be_bought(self) -> bool:
        """Whether the line may go into an order."""
        return self.note in ("", "price_changed")

    @property
    def wanted(self) -> list[WantedSeat]:
        """The seats. The first is the buyer's own, unless the course comes to them otherwise."""
        if not self.can_be_bought:
            return []
        price_minor = self.course.price_at(self.moment)
        has_it = self.is_owned or self.bundle_beside is not None or self.is_for_others
        return [
            WantedSeat(self.course, price_minor, is_for_buyer=number == 1 and not has_it)
            for number in range(1, self.seats + 1)
        ]


@dataclass(frozen=True)
class BundleLine:
    """A bundle in the cart: one seat on each of its courses that its buyer does not have."""

    item: CartItem
    bundle: Bundle
    offer: BundleOffer
    owned: frozenset[int]

    kind = "bundle"
    seats = 1

    @property
    def remove_id(self) -> str:
        """What its remove button is called in the page: as no course's is, whatever its slug."""
        return f"bundle-remove-{self.bundle.slug}"

    @property
    def thing(self) -> Bundle:
        """What is to be bought."""
        return self.bundle

    @property
    def price_tag(self) -> PriceTag:
        """What it costs its buyer, as it is shown."""
        return self.offer.price_tag

    @property
    def price(self) -> str:
        """What it costs who has none of it."""
        return self.bundle.price

    @property
    def earlier_price(self) -> str:
        """The price that was shown before."""
        return PriceTag(self.item.price_minor, self.bundle.currency).text

    @property
    def credited(self) -> list[str]:
        """What is not charged because its buyer has it, with how much less that makes it."""
        return [
            f"“{part.course}” (−{format_money(part.minor, self.bundle.currency)})"
            for part in self.offer.credited
            if part.course.pk in self.owned
        ]

    @property
    def elsewhere(self) -> list[str]:
        """What is not charged because another bundle in the cart has it."""
        return [
            f"“{part.course}” (−{format_money(part.minor, self.bundle.currency)})"
            for part in self.offer.credited
            if part.course.pk not in self.owned
        ]

    @property
    def note(self) -> str:
        """What there is to know of it: ``owned``, ``unavailable``, ``price_changed`` or nothing."""
        if not self.bundle.is_for_sale:
            return "unavailable"
        if self.offer.is_complete:
            return "owned"
        return "" if self.item.price_minor == self.bundle.price_minor else "price_changed"

    @property
    def can_be_bought(self) -> bool:
        """Whether the line may go into an order."""
        return self.note in ("", "price_changed")

    @property
    def wanted(self) -> list[WantedSeat]:
        """The seats, each at its part of the bundle's price."""
        if not self.can_be_bought:
            return []
        return [
            WantedSeat(part.course, part.minor, is_for_buyer=True, bundle=self.bundle)
            for part in self.offer.wanted
        ]


type Line = CourseLine | BundleLine


def lines_of(items: Iterable[CartItem], owned: Set[int], moment: datetime) -> list[Line]:
    """Return the lines of these items, for somebody who has these courses, by their ids.

    A course that is in two of them is charged once: a bundle leaves out what is in a bundle
    before it, and a single seat on what is in a bundle is not sold.
    """
    items = list(items)
    bundles: dict[int, BundleLine] = {}
    covered: dict[int, Bundle] = {}
    for item in items:
        if item.bundle:
            offer = item.bundle.offer_to(owned | covered.keys(), now=moment)
            line = BundleLine(item, item.bundle, offer, frozenset(owned))
            bundles[item.pk] = line
            covered |= {seat.course.pk: item.bundle for seat in line.wanted}
    return [bundles.get(item.pk) or _course_line(item, owned, covered, moment) for item in items]


def _course_line(
    item: CartItem, owned: Set[int], covered: dict[int, Bundle], moment: datetime
) -> CourseLine:
    course = item.course
    assert course is not None  # noqa: S101  the database has no such row
    return CourseLine(
        item,
        course,
        moment,
        is_owned=course.pk in owned,
        bundle_beside=covered.get(course.pk),
    )
