"""What refunds and disputes do to seats: paused while they are open, ended when money went back.

The seat itself is moved only when the money's view of it changes, so that what staff decided by
hand stays as it is. Progress is never touched.
"""

import logging

from checkout import alarms
from checkout.models import Dispute, LineAccess, Order, OrderLine, Refund
from library.models import Enrollment, EnrollmentSource, InvalidTransition

logger = logging.getLogger(__name__)


def review_seats(order: Order) -> None:
    """Move the order's seats to where its refunds and disputes want them.

    The caller holds the order's lock. Seats are moved in the order of their courses.
    """
    lines = list(
        order.lines.exclude(enrollment=None)
        .select_related("enrollment__learner", "enrollment__course", "refund")
        .order_by("course_id", "seat")
    )
    overall = _overall(order)
    for line in lines:
        line.order = order
        access = max(overall, _because_of(line.refund), key=SEVERITY.index)
        if access != line.access:
            _move(line, access)


SEVERITY = [LineAccess.OPEN, LineAccess.PAUSED, LineAccess.ENDED]


def _overall(order: Order) -> LineAccess:
    """Return what disputes, and refunds that name no line, say of all seats of the order."""
    disputes = Dispute.objects.filter(payment__order=order, payment__settles_order=True)
    refunds = Refund.objects.filter(payment__order=order, payment__settles_order=True, lines=None)
    said = [_because_of_dispute(dispute) for dispute in disputes]
    said += [_because_of(refund) for refund in refunds]
    return max(said, key=SEVERITY.index, default=LineAccess.OPEN)


def _because_of_dispute(dispute: Dispute) -> LineAccess:
    if dispute.is_lost:
        return LineAccess.ENDED
    return LineAccess.PAUSED if dispute.is_open else LineAccess.OPEN


def _because_of(refund: Refund | None) -> LineAccess:
    if refund is None or not refund.ends_access:
        return LineAccess.OPEN
    if refund.has_succeeded:
        return LineAccess.ENDED
    return LineAccess.PAUSED if refund.is_under_way else LineAccess.OPEN


def _move(line: OrderLine, access: LineAccess) -> None:
    """Move one seat. What staff had ended meanwhile stays ended."""
    seat = line.enrollment
    assert seat is not None  # noqa: S101  such lines are not asked for
    was_ended = line.access == LineAccess.ENDED
    line.access = access
    line.save(update_fields=["access"])
    if was_ended:
        return _reopen(line, seat, access)
    try:
        _verb_of(seat, access)
    except InvalidTransition:
        logger.warning("seat %s stays as it is: line %s is %s", seat.pk, line.pk, access)


def _verb_of(seat: Enrollment, access: LineAccess) -> None:
    if access == LineAccess.ENDED:
        seat.revoke()
    elif access == LineAccess.PAUSED:
        seat.suspend()
    else:
        seat.restore()


def _reopen(line: OrderLine, ended: Enrollment, access: LineAccess) -> None:
    """Give a new seat for one that was ended: the money has come back after all.

    A seat that was revoked stays so. Whoever has bought the course anew meanwhile keeps that seat.
    """
    source = EnrollmentSource.PURCHASE
    # A seat that was ended before its order was claimed had no learner yet.
    learner = ended.learner or (line.order.user if line.is_for_buyer else None)
    if learner:
        seat = Enrollment.objects.grant(learner, ended.course, source=source)
    else:
        seat = Enrollment.objects.set_aside(
            ended.course, source=source, begins_now=line.is_for_buyer
        )
    if seat:
        line.enrollment = seat
        line.save(update_fields=["enrollment"])
        if access == LineAccess.PAUSED:
            seat.suspend()
    alarms.tell_of_reopened_seat(line)
