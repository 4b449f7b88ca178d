"""The only door to "paid".

Webhook, return page, reconciliation and staff all do the same two steps: ask the gateway what is
true, outside any transaction, and then settle it in one short transaction. Exactly-once is the
database's doing (``Fulfillment``, ``ledger_entry_once``, ``one_settling_payment_per_order``).

Locks are taken in one order everywhere: carts, order, payment, enrollments by course.
"""

import logging
from collections import Counter
from collections.abc import Callable

from django.db import OperationalError, connection, transaction

from checkout import mails
from checkout.gateways import SessionState, Snapshot, gateway_named
from checkout.models import (
    Cart,
    Fulfillment,
    HeldReason,
    LedgerEntry,
    LedgerKind,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentStatus,
)
from library.models import Enrollment, EnrollmentSource

logger = logging.getLogger(__name__)

TRIES = 3
LOCK_TIMEOUT = "3s"


class WrongSession(Exception):
    """The snapshot is of another session, or of the other mode, than the payment's."""


def sync_payment(payment: Payment) -> bool:
    """Ask the gateway about a payment, and settle what it says. Return whether anything changed.

    Raise ``GatewayError`` if the gateway cannot be asked.
    """
    snapshot = gateway_named(payment.gateway).fetch(payment)
    return settle(payment.pk, snapshot)


def settle(payment_id: int, snapshot: Snapshot) -> bool:
    """Make the shop's books say what ``snapshot`` says. Return whether anything changed.

    May be called any number of times, in any order and at the same moment. Raise
    ``WrongSession``, and ``OperationalError`` if the database would not let it through in three
    tries; then nothing was changed.
    """
    for _ in range(TRIES - 1):
        try:
            return _settle_once(payment_id, snapshot)
        except OperationalError as error:
            logger.warning("settling payment %s is tried again: %s", payment_id, error)
    return _settle_once(payment_id, snapshot)


@transaction.atomic
def _settle_once(payment_id: int, snapshot: Snapshot) -> bool:
    order, payment = _lock(payment_id)
    if snapshot.session_id != payment.session_id or snapshot.livemode != payment.livemode:
        raise WrongSession(f"{payment} is not about the session that was asked for.")
    if payment.is_paid:
        return False
    payment.note_details(
        intent_id=snapshot.intent_id,
        charge_id=snapshot.charge_id,
        method=snapshot.method,
        card=snapshot.card,
        customer_email=snapshot.customer_email,
    )
    return MEANINGS[snapshot.state](order, payment, snapshot)


def _lock(payment_id: int) -> tuple[Order, Payment]:
    """Lock and read anew: what was read before the lock may be stale."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    order_id, cart_id, user_id = Payment.objects.values_list(
        "order_id", "order__cart_id", "order__user_id"
    ).get(pk=payment_id)
    Cart.objects.lock_for_settlement(cart_id=cart_id, owner_id=user_id)
    order = Order.objects.locked().get(pk=order_id)
    return order, Payment.objects.locked().get(pk=payment_id)


def _wait(order: Order, payment: Payment, snapshot: Snapshot) -> bool:
    """The customer has not finished. A declined card does not end a session."""
    return False


def _await_bank(order: Order, payment: Payment, snapshot: Snapshot) -> bool:
    """The customer has finished, and the bank takes its time: no access yet."""
    if not payment.can_become(PaymentStatus.PROCESSING):
        return False
    payment.start_processing()
    if order.can_become(OrderStatus.PROCESSING):
        order.start_processing()
    _empty_carts(order)
    return True


def _fail(order: Order, payment: Payment, snapshot: Snapshot) -> bool:
    """The bank refused after all. A failure of an old attempt changes nothing else."""
    if not payment.can_become(PaymentStatus.FAILED):
        return False
    payment.fail(snapshot.error)
    if order.status == OrderStatus.PROCESSING:
        order.reopen()
    return True


def _expire(order: Order, payment: Payment, snapshot: Snapshot) -> bool:
    """The session ended without money."""
    if not payment.can_become(PaymentStatus.EXPIRED):
        return False
    payment.expire()
    if order.status == OrderStatus.PENDING and not order.payments.live().exists():
        order.expire()
    return True


def _receive(order: Order, payment: Payment, snapshot: Snapshot) -> bool:
    """The money is there."""
    payment.pay(received_minor=snapshot.amount_minor)
    LedgerEntry.objects.create(
        payment=payment,
        kind=LedgerKind.CHARGE,
        gateway_object_id=snapshot.charge_id or snapshot.intent_id or snapshot.session_id,
        amount_minor=snapshot.amount_minor,
        currency=snapshot.currency,
    )
    if order.is_paid:
        _book_surplus(order, payment)
    elif (snapshot.amount_minor, snapshot.currency) != (order.total_minor, order.currency):
        _hold(order, payment)
    else:
        _fulfill(order, payment)
    return True


def _book_surplus(order: Order, payment: Payment) -> None:
    """A second session of one order was paid: money to give back, not a second purchase."""
    logger.error("payment %s of order %s is surplus: refund it", payment.pk, order.pk)
    order.note_change()
    mails.tell_staff_of_surplus(order, payment)


def _hold(order: Order, payment: Payment) -> None:
    """Something else was paid than was asked: nothing is granted until staff have looked."""
    logger.error("payment %s of order %s: amount differs, order held", payment.pk, order.pk)
    order.hold(HeldReason.AMOUNT)
    mails.tell_staff_of_mismatch(order, payment)


def _fulfill(order: Order, payment: Payment) -> None:
    payment.settle_order()
    Fulfillment.objects.create(order=order, payment=payment)
    for line in order.lines.select_related("course").order_by("course_id", "seat"):
        _grant(order, line)
    order.pay()
    _empty_carts(order)
    mails.send_receipt(order)
    logger.info("order %s fulfilled by payment %s", order.pk, payment.pk)


def _grant(order: Order, line: OrderLine) -> None:
    if not line.is_for_buyer or order.user is None:
        seat = Enrollment.objects.set_aside(line.course, source=EnrollmentSource.PURCHASE)
        return line.grant(seat)
    own = Enrollment.objects.grant(order.user, line.course, source=EnrollmentSource.PURCHASE)
    if own:
        return line.grant(own)
    logger.error("line %s of order %s: owned already, refund it", line.pk, order.pk)
    line.note_already_owned()
    mails.tell_staff_of_owned_line(line)


def _empty_carts(order: Order) -> None:
    """Take what was bought out of the carts that it came from; the rest stays."""
    bought = Counter(order.lines.values_list("course_id", flat=True))
    for cart in Cart.objects.of_order(cart_id=order.cart_id, owner_id=order.user_id):
        cart.take_out(bought)


MEANINGS: dict[SessionState, Callable[[Order, Payment, Snapshot], bool]] = {
    SessionState.OPEN: _wait,
    SessionState.PROCESSING: _await_bank,
    SessionState.FAILED: _fail,
    SessionState.EXPIRED: _expire,
    SessionState.PAID: _receive,
}
