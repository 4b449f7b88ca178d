"""Orders that the gateway knows and the shop does not: a backup was restored that is too old.

What was sold stands in the session: our reference, the customer, and each line with its course. So
the order is written anew as it was, and settled like any other. Its page's address is the same.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

from django.db import IntegrityError, transaction

from catalog.models import Bundle, Course
from checkout import alarms
from checkout.gateways import Sold, SoldLine, gateway_named
from checkout.models import Order, OrderLine, Payment
from checkout.settlement import sync_payment
from project.accounts.models import User

logger = logging.getLogger(__name__)

GATEWAY = "stripe"


class CannotRecover(Exception):
    """The session does not say what was sold. The message says why."""


def recover(sold: Sold, *, commit: bool) -> str:
    """Write the order of a session anew, and settle it; say in words what came of it.

    Staff are told where that cannot be. Raise ``GatewayError``.
    """
    if not commit:
        return "was paid, and its order is not in the books"
    gateway = gateway_named(GATEWAY)
    try:
        payment = _write_down(gateway.sold_in(sold.session_id), livemode=gateway.livemode)
    except (CannotRecover, IntegrityError) as error:
        logger.error("session %s cannot be recovered: %s", sold.session_id, error)
        alarms.tell_of_unknown_payment(sold.session_id, str(error))
        return "was paid, and its order could not be written anew: staff were told"
    sync_payment(payment)
    logger.warning("order %s was written anew from its session", payment.order_id)
    return f"was paid: {payment.order} was written anew"


@transaction.atomic
def _write_down(sold: Sold, *, livemode: bool) -> Payment:
    reference, _, attempt = sold.payment_key.rpartition(":")
    if not reference or not attempt.isdecimal() or not sold.email:
        raise CannotRecover("Its metadata are not those of an order.")
    # The order may be there, and only this attempt be lost.
    order = Order.objects.filter(reference=reference).first() or _write_order(sold, reference)
    return Payment.objects.create(
        order=order,
        attempt=int(attempt),
        gateway=GATEWAY,
        livemode=livemode,
        # Of a live one there is one at a time; money settles from any status.
        status="expired" if order.payments.live().exists() else "open",
        amount_minor=order.total_minor,
        currency=order.currency,
        idempotency_key=sold.payment_key,
        request={},
        request_hash="",
        session_id=sold.session_id,
        opened_at=sold.created_at,
        expires_at=sold.expires_at,
    )


def _write_order(sold: Sold, reference: str) -> Order:
    if not sold.lines:
        raise CannotRecover("It has no lines.")
    order = Order.objects.create(
        reference=reference,
        checkout_token=uuid4(),
        user=User.objects.filter(email=sold.email.lower()).first(),
        email=sold.email.lower(),
        currency=sold.snapshot.currency,
        total_minor=sum(line.price_minor * line.seats for line in sold.lines),
        expires_at=sold.expires_at,
    )
    OrderLine.objects.bulk_create(_lines(order, sold))
    return order


def _lines(order: Order, sold: Sold) -> Iterator[OrderLine]:
    numbers: Counter[int] = Counter()  # one course may be on two lines, alone and in a bundle
    for line in sold.lines:
        course = _course(line)
        for seat in range(1, line.seats + 1):
            numbers[course.pk] += 1
            yield OrderLine(
                order=order,
                course=course,
                seat=numbers[course.pk],
                title=line.title,
                price_minor=line.price_minor,
                is_for_buyer=seat == 1 and line.metadata.get("for_buyer") == "yes",
                bundle=_bundle(line),
                bundle_title=line.metadata.get("bundle_title", ""),
            )


def _bundle(line: SoldLine) -> Bundle | None:
    """Return the bundle that the line was a part of. It may be gone: its title is on the line."""
    number = line.metadata.get("bundle", "")
    return Bundle.objects.filter(pk=number).first() if number.isdecimal() else None


def _course(line: SoldLine) -> Course:
    number = line.metadata.get("course", "")
    course = Course.objects.filter(pk=number).first() if number.isdecimal() else None
    if course is None:
        raise CannotRecover(f"The course “{line.title}” is not in the catalog.")
    return course
