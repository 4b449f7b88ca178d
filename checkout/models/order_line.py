"""Order lines: one seat each, at the price it was sold for."""

from collections.abc import Mapping
from typing import ClassVar

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Bundle, Course
from catalog.models.course_queries import UNSOLD_FIELDS
from catalog.money import format_money
from checkout.models.order import Order
from library.models import Enrollment
from project.statement import Statement, array


class LineOutcome(models.TextChoices):
    """What became of a seat that was paid for."""

    NONE = "none", _("Not decided")
    GRANTED = "granted", _("Granted")
    ALREADY_OWNED = "already_owned", _("The course was owned already")
    UNAVAILABLE = "unavailable", _("Could not be delivered")


class LineAccess(models.TextChoices):
    """What the money says of the seat. Only a change of it moves the seat."""

    OPEN = "open", _("Open")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


# Django's bulk_update() writes a tree of conditions, and takes as long as all else in a settlement.
# That they are of one order tells PostgreSQL that they are few, and so it plans this once.
_DECIDE = Statement("""
    UPDATE checkout_orderline AS line SET enrollment_id = seat_id, outcome = decided.outcome
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS decided (line_id, seat_id, outcome)
    WHERE order_id = %s AND line.id = line_id
""")


class OrderLineQuerySet(models.QuerySet["OrderLine"]):
    """Lines of orders."""

    def with_sold(self) -> "OrderLineQuerySet":
        """With what a line shows of its course, and nothing else of it."""
        return self.select_related("course").defer(*(f"course__{name}" for name in UNSOLD_FIELDS))

    def decide(self, seats: "Mapping[OrderLine, int | None]") -> None:
        """Note the seat that each line of an order bought, or that its buyer had the course before.

        Seats are named by their pks.

        A line grants one seat, ever.
        """
        if not seats:
            return
        for line, seat in seats.items():
            line.enrollment_id = seat
            line.outcome = LineOutcome.GRANTED if seat else LineOutcome.ALREADY_OWNED
        ids = array(line.pk for line in seats)
        taken = array(line.enrollment_id for line in seats)
        outcomes = array(line.outcome for line in seats)
        _DECIDE.count(connection, [ids, taken, outcomes, next(iter(seats)).order_id])


class OrderLine(models.Model):
    """One seat on one course, at the price it was sold for."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    seat = models.PositiveSmallIntegerField(
        default=1, help_text=_("1 for the first on this course.")
    )
    title = models.CharField(max_length=120)
    price_minor = models.BigIntegerField(_("price"))
    bundle = models.ForeignKey(
        Bundle,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text=_("What it was bought as a part of; its price is its part of the bundle's."),
    )
    bundle_title = models.CharField(max_length=120, blank=True)
    is_for_buyer = models.BooleanField(
        default=True, help_text=_("The buyer's own seat; others are handed out.")
    )
    outcome = models.CharField(max_length=16, choices=LineOutcome, default=LineOutcome.NONE)
    enrollment = models.OneToOneField(
        Enrollment,
        on_delete=models.PROTECT,
        related_name="order_line",
        null=True,
        blank=True,
        editable=False,
    )

    access = models.CharField(max_length=16, choices=LineAccess, default=LineAccess.OPEN)
    refund = models.ForeignKey(
        "checkout.Refund",
        on_delete=models.PROTECT,
        related_name="lines",
        null=True,
        blank=True,
        editable=False,
        help_text=_("Gives its price back. One at a time, so that none is given back twice."),
    )

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["order", "course", "seat"], name="line_seat_once_per_order"
            ),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="line_price_not_negative"),
            models.CheckConstraint(
                condition=Q(outcome="granted", enrollment__isnull=False)
                | ~Q(outcome="granted") & Q(enrollment__isnull=True),
                name="line_granted_iff_enrollment",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=LineOutcome.values), name="line_outcome_is_known"
            ),
            models.CheckConstraint(
                condition=Q(access__in=LineAccess.values), name="line_access_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def price(self) -> str:
        """The price as people write it."""
        return format_money(self.price_minor, self.order.currency)
