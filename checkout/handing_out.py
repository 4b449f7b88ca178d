"""The seats of an order that are for others, as their buyer sees and hands them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count
from django.urls import reverse

from checkout.models import Order, OrderLine
from library.models import Enrollment, EnrollmentStatus, LessonProgress, SeatInvitation
from project.accounts.models import User

MOST_HANDOUTS = 5  # orders that the shelf names: the latest


@dataclass(frozen=True)
class HandedSeat:
    """One seat that is for somebody else."""

    line: OrderLine
    seat: Enrollment
    number: int  # among the seats of its course
    lessons_done: int | None = None  # if the learner lets the buyer see it

    @property
    def invitation(self) -> SeatInvitation | None:
        """Whom it is meant for, if that was said."""
        return getattr(self.seat, "invitation", None)

    @property
    def holder(self) -> str:
        """Who has taken it, as they were told that its buyer reads; empty if they have left."""
        learner = self.seat.learner
        if learner is None or not learner.is_active:
            return ""
        return f"{learner.name} ({learner.email})" if learner.name else learner.email

    @property
    def state(self) -> str:
        """How it stands, as the template names it.

        ``free``, ``kept`` for its day, ``invited``, ``taken``, ``paused`` or ``ended``.
        """
        if self.seat.is_suspended:
            return "paused"
        if self.seat.is_active:
            return "taken"
        if not self.seat.is_unclaimed:
            return "ended"
        if self.invitation is None:
            return "free"
        return "invited" if self.invitation.is_sent else "kept"


@dataclass(frozen=True)
class Handout:
    """An order that has seats to give away."""

    order: Order
    free: int

    @property
    def url(self) -> str:
        """Where they are handed out."""
        return seats_url(self.order)


def lines_for_others(order: Order) -> "models.QuerySet[OrderLine]":
    """Return the lines whose seats are for others, with all that is shown of them."""
    lines = order.lines.filter(is_for_buyer=False).exclude(enrollment=None)
    return lines.select_related(
        "course", "enrollment__course", "enrollment__learner", "enrollment__invitation"
    ).order_by("course_id", "seat")


def handed(
    lines: Sequence[OrderLine], *, earlier: dict[int, int] | None = None
) -> list[HandedSeat]:
    """Return the seats of these lines, in one query at most, whatever their number.

    ``earlier`` says how many seats of each course stand before the first of them.
    """
    seats = [line.enrollment for line in lines if line.enrollment]
    done = LessonProgress.objects.shared_on(seat for seat in seats if seat.is_active)
    counted = dict(earlier or {})
    shown = []
    for line, seat in zip(lines, seats, strict=True):
        counted[line.course_id] = counted.get(line.course_id, 0) + 1
        shown.append(HandedSeat(line, seat, counted[line.course_id], done.get(seat.pk)))
    return shown


def seats_url(order: Order) -> str:
    """Return where the order's seats are handed out."""
    return reverse("checkout:seats", args=[order.reference])


def handouts_of(viewer: User | AnonymousUser) -> list[Handout]:
    """Return the person's orders that have free seats for others, the latest first. One query."""
    if not isinstance(viewer, User):
        return []
    free = models.Q(lines__is_for_buyer=False, lines__enrollment__status=EnrollmentStatus.UNCLAIMED)
    orders = Order.objects.held_by(viewer).paid().filter(free).annotate(free=Count("lines"))
    latest: list[Any] = list(orders.newest_first()[:MOST_HANDOUTS])
    return [Handout(order, order.free) for order in latest]
