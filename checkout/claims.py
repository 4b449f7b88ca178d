"""What was bought without an account comes to the account of whoever proves to be its buyer.

Proof is the address that was given, if it is a verified one of the account; or the order's secret
link, for whoever opens it while signed in. An order is claimed as a whole, and once.

Locks are taken as everywhere: order, then enrollments by course.
"""

import logging
from dataclasses import dataclass

from django.contrib import messages
from django.db import OperationalError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from checkout.models import Order, OrderLine
from checkout.settling import wait_briefly_for_locks
from library.guests import carry_over
from library.models import AlreadyEnrolled, Enrollment, InvalidTransition, SeatInvitation
from project.accounts.addresses import proven_addresses
from project.accounts.models import User

logger = logging.getLogger(__name__)

TRIES = 3


@dataclass(frozen=True)
class Claim:
    """What became of an order that an account took."""

    order: Order
    lines: list[OrderLine]  # those that were the buyer's own

    @property
    def spare(self) -> list[OrderLine]:
        """Seats on courses that the person had already: theirs to give away, or to give back."""
        return [line for line in self.lines if not line.is_for_buyer]

    @property
    def seats(self) -> list[int]:
        """All seats that were the buyer's own, by their pks."""
        return [line.enrollment_id for line in self.lines if line.enrollment_id]


def claim_orders(user: User) -> list[Claim]:
    """Give the person all paid orders that were placed with an address they have proven.

    May be called at any time and any number of times. Those that are not paid yet stay with the
    browser that places them.
    """
    waiting = Order.objects.unclaimed().paid().placed_with(proven_addresses(user))
    pks = list(waiting.order_by("pk").values_list("pk", flat=True))
    claims = [claim_order(pk, user) for pk in pks]
    return [claim for claim in claims if claim]


def claim_order(order_id: int, user: User) -> Claim | None:
    """Give the person an order that no account holds; ``None`` if one does by now.

    Whoever calls knows that they may have it. Raise ``OperationalError`` if the database would not
    let it through in three tries; then nothing was changed.
    """
    for _try in range(TRIES - 1):
        try:
            return _claim_once(order_id, user)
        except OperationalError as error:
            logger.warning("claiming order %s is tried again: %s", order_id, error)
    return _claim_once(order_id, user)


@transaction.atomic
def _claim_once(order_id: int, user: User) -> Claim | None:
    wait_briefly_for_locks()
    order = Order.objects.locked().get(pk=order_id)
    if not order.claim(user):
        return None
    own = order.lines.filter(is_for_buyer=True).select_related("course", "enrollment")
    lines = list(own.order_by("course_id"))
    for line in lines:
        line.order = order
        line.is_for_buyer = _take(line, user)
    OrderLine.objects.bulk_update(lines, ["is_for_buyer"])
    SeatInvitation.objects.filter(enrollment__order_line__order=order).update(giver=user)
    logger.info("order %s was claimed by user %s", order.pk, user.pk)
    return Claim(order, lines)


def _take(line: OrderLine, user: User) -> bool:
    """Give the person the line's seat. Return whether it is to be their own.

    Otherwise they have the course already, or somebody took the seat by its link before.
    """
    seat = line.enrollment
    if seat is None or seat.is_revoked:
        # It is not paid yet, or its money went back and may come home once more.
        has_course = Enrollment.objects.held_by(user).current().filter(course=line.course_id)
        return not has_course.exists()
    try:
        if seat.is_suspended:
            seat.keep_for(user)
        else:
            seat.claim(user)
    except (AlreadyEnrolled, InvalidTransition):
        return False
    return True


def claim_waiting(request: HttpRequest, user: User) -> None:
    """Give the person who comes what waits for them, and say so. Never in the way of anything."""
    try:
        claims = claim_orders(user)
        for claim in claims:
            tell(request, claim)
        carry_over(request, user, also=[pk for claim in claims for pk in claim.seats])
    except Exception:
        # Their page matters more; at the next look it is tried again.
        logger.exception("orders of user %s were not claimed", user.pk)


def take_order(request: HttpRequest, order: Order, user: User) -> bool:
    """Give the person an order whose secret they know; ``False`` if somebody else was faster."""
    claim = claim_order(order.pk, user)
    if claim:
        tell(request, claim)
        carry_over(request, user, also=claim.seats)
    order.refresh_from_db(fields=["user"])
    return order.user_id == user.pk


def tell(request: HttpRequest, claim: Claim) -> None:
    """Say what came of a claim, on the next page."""
    said = {"order": claim.order.number}
    text = _("Order %(order)s is in your account now.") % said
    messages.success(request, text, fail_silently=True)
    for line in claim.spare:
        said = {"course": line.title, "order": claim.order.number}
        text = _(
            "You had “%(course)s” already. The seat from order %(order)s is yours to give away; "
            "if you would rather have its price back, write to us."
        )
        messages.info(request, text % said, fail_silently=True)
