"""What courses cost when: the proof of a price that is struck through.

Whoever announces a reduction names the lowest price of the 30 days before it: Directive 98/6/EC,
article 6a, as added by Directive (EU) 2019/2161. Here that price is not typed by anybody. It is
found in this history, and where the history does not reach back so far, nothing is struck through.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from catalog.models.course import Course

REFERENCE = timedelta(days=30)


class PricePoint(models.Model):
    """From ``since`` on, a course costs this, until its next point.

    Points in the future are of a sale that is planned: they are written anew with each change.
    """

    course = models.ForeignKey(
        "catalog.Course", on_delete=models.CASCADE, related_name="price_points"
    )
    since = models.DateTimeField()
    price_minor = models.PositiveIntegerField(
        _("price"), null=True, help_text=_("Empty while the course is not for sale.")
    )
    is_sale = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["since"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["course", "since"], name="price_point_once")
        ]

    def __str__(self) -> str:
        return f"{self.price_minor} since {self.since}"

    def says(self, other: "PricePoint | None") -> bool:
        """Whether nothing changes from the other to this one."""
        before = (other.price_minor, other.is_sale) if other else (None, False)
        return (self.price_minor, self.is_sale) == before


def write_prices_down(course: "Course", *, now: datetime) -> list[PricePoint]:
    """Note what the course costs from now on, as far as that is new; return its whole history.

    The caller has locked the course, or has just made it.
    """
    known = list(PricePoint.objects.filter(course=course))
    past = [point for point in known if point.since <= now]
    planned = [point for point in known if point.since > now]
    coming = _without_repeats(past, _schedule(course, now))
    if [_key(point) for point in coming] != [_key(point) for point in planned]:
        PricePoint.objects.filter(pk__in=[point.pk for point in planned]).delete()
        PricePoint.objects.bulk_create(coming)
    return past + coming


def lowest_before_sale(
    course: "Course", history: Sequence[PricePoint], now: datetime
) -> int | None:
    """Return the lowest price of the 30 days before the sale that is on, or the next one.

    ``None`` if there is no sale, if the course was not for sale 30 days before it, or if that
    price was no higher than the sale's. Where one sale follows another with a lower price, the
    days before the first of them count.
    """
    opening = max(now, course.sale_starts_at or now)
    if not (course.is_for_sale and course.is_on_sale(opening)):
        return None
    begun = _beginning(history, opening)
    lowest = _lowest(history, begun - REFERENCE, begun) if begun else None
    is_higher = lowest is not None and lowest > course.price_at(opening)
    return lowest if is_higher else None


def _schedule(course: "Course", now: datetime) -> list[PricePoint]:
    """Return what the course costs from now on, by its price and its sale."""
    ends = (course.sale_starts_at, course.sale_ends_at)
    moments = [now, *sorted(moment for moment in ends if moment and moment > now)]
    return [
        PricePoint(
            course=course,
            since=moment,
            price_minor=course.price_at(moment) if course.is_for_sale else None,
            is_sale=course.is_for_sale and course.is_on_sale(moment),
        )
        for moment in moments
    ]


def _without_repeats(past: list[PricePoint], coming: list[PricePoint]) -> list[PricePoint]:
    befores = [past[-1] if past else None, *coming[:-1]]
    return [point for before, point in zip(befores, coming, strict=True) if not point.says(before)]


def _beginning(history: Sequence[PricePoint], moment: datetime) -> datetime | None:
    """Return when the sale began that is on at ``moment``, together with those it lowers further.

    What counts is when it was in fact offered: nobody can date a sale back.
    """
    begun = None
    later = None
    for point in reversed([point for point in history if point.since <= moment]):
        if not point.is_sale or (later and _costs_less(point, later)):
            break
        begun, later = point.since, point
    return begun


def _lowest(history: Sequence[PricePoint], start: datetime, end: datetime) -> int | None:
    """Return the lowest price between the two; ``None`` if it was not for sale at the start."""
    inside = [point for point in history if start < point.since < end]
    first = [point for point in history if point.since <= start][-1:]
    if not first or first[0].price_minor is None:
        return None
    return min(point.price_minor for point in first + inside if point.price_minor is not None)


def _costs_less(point: PricePoint, other: PricePoint) -> bool:
    return (point.price_minor or 0) < (other.price_minor or 0)


def _key(point: PricePoint) -> tuple[datetime, int | None, bool]:
    return point.since, point.price_minor, point.is_sale
