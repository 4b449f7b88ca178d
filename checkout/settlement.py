"""The only door to "paid".

Webhook, return page, reconciliation and staff all do the same two steps: ask the gateway what is
true, outside any transaction, and then settle it in one short transaction. Exactly-once is the
database's doing (``Fulfillment``, ``ledger_entry_once``, ``one_settling_payment_per_order``).

Locks are taken in one order everywhere: carts, order, payment, enrollments by course.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import OperationalError, transaction

from checkout import alarms, mails
from checkout.gateways import GatewayError, SessionState, Snapshot, gateway_named
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
    RefundReason,
)
from checkout.refunds import CannotRefund, request_refund
from checkout.settling import ids_of, lock
from library.models import Enrollment, EnrollmentSource
from project.prepared import Given, Prepared

logger = logging.getLogger(__name__)

TRIES = 3


class WrongSession(Exception):
    """The snapshot is of another session, or of the other mode, than the payment's."""


class OrderMoved(OperationalError):
    """The order went to another cart or person at this moment. Nothing was changed: try again."""


@dataclass
class Books:
    """Everything that one settlement may change, locked and read anew."""

    order: Order
    payment: Payment
    carts: list[Cart]
    snapshot: Snapshot | None
    has_changed: bool = False
    # Only where the payment was not live itself: of an order's payments one is live at most
    # (``one_live_payment_per_order``), and none is opened for one that is paid.
    may_have_rivals: bool = False

    @property
    def answer(self) -> Snapshot:
        """What the gateway said, where it was asked."""
        assert self.snapshot is not None  # noqa: S101  only staff settle without asking
        return self.snapshot

    @cached_property
    def lines(self) -> list[OrderLine]:
        """The order's lines, in the order in which their seats are granted."""
        lines = _lines.all(order=self.order.pk)
        for line in lines:
            line.order = self.order
        return lines

    @property
    def is_what_was_asked(self) -> bool:
        """Whether amount and currency are the order's, and all of the money came."""
        snapshot, order = self.answer, self.order
        received = (snapshot.amount_minor, snapshot.money_minor, snapshot.currency)
        return received == (order.total_minor, order.total_minor, order.currency)

    def empty_carts(self) -> None:
        """Take what was bought out of the carts that it came from; the rest stays."""
        bought = Counter(line.course_id for line in self.lines if not line.bundle_id)
        bundles = {line.bundle_id for line in self.lines if line.bundle_id}
        for cart in self.carts:
            cart.take_out(bought, bundles=bundles)


_lines = Prepared(
    lambda: OrderLine.objects.filter(order=Given("order")).with_sold().order_by("course_id", "seat")
)


def sync_payment(payment: Payment) -> bool:
    """Ask the gateway about a payment, and settle what it says. Return whether anything changed.

    Raise ``GatewayError`` if the gateway cannot be asked.
    """
    snapshot = gateway_named(payment.gateway).fetch(payment)
    books = _settle(payment.pk, snapshot)
    if books.may_have_rivals:
        _end_rivals(payment)
    if snapshot.state == SessionState.OPEN and _waits_in_vain(payment):
        return end_payment(payment)
    return books.has_changed


def end_payment(payment: Payment) -> bool:
    """Have the gateway end the payment's session, and settle what is true afterwards.

    The customer may have paid first. Raise ``GatewayError`` if the gateway cannot be asked.
    """
    return settle(payment.pk, gateway_named(payment.gateway).cancel(payment))


def _waits_in_vain(payment: Payment) -> bool:
    """Whether the order takes no money any more, and whoever ought to end this session died."""
    return not Order.objects.payable().filter(pk=payment.order_id).exists()


def _end_rivals(paid: Payment) -> None:
    """End the other sessions of an order that is paid, so that nobody pays it twice."""
    for rival in Payment.objects.live().filter(order=paid.order_id).exclude(session_id=None):
        try:
            end_payment(rival)
        except (GatewayError, WrongSession):
            logger.exception("payment %s is still open, though its order is paid", rival.pk)


def settle(payment_id: int, snapshot: Snapshot) -> bool:
    """Make the shop's books say what ``snapshot`` says. Return whether anything changed.

    May be called any number of times, in any order and at the same moment. Raise
    ``WrongSession``, and ``OperationalError`` if the database would not let it through in three
    tries; then nothing was changed.
    """
    return _settle(payment_id, snapshot).has_changed


def _settle(payment_id: int, snapshot: Snapshot) -> Books:
    for _ in range(TRIES - 1):
        try:
            return _settle_once(payment_id, snapshot)
        except OperationalError as error:
            logger.warning("settling payment %s is tried again: %s", payment_id, error)
    return _settle_once(payment_id, snapshot)


@transaction.atomic
def _settle_once(payment_id: int, snapshot: Snapshot) -> Books:
    books = _open_books(payment_id, snapshot)
    payment = books.payment
    if snapshot.session_id != payment.session_id or snapshot.livemode != payment.livemode:
        raise WrongSession(f"{payment} is not about the session that was asked for.")
    if not payment.is_paid:
        books.has_changed = MEANINGS[snapshot.state](books)
    return books


def _open_books(payment_id: int, snapshot: Snapshot | None) -> Books:
    """Lock, and read anew: what was read before the lock may be stale."""
    cart_id, user_id = ids_of(payment_id)
    carts = Cart.objects.locked_for_order(cart_id=cart_id, owner_id=user_id)
    order, payment = lock(payment_id)
    books = Books(order, payment, carts, snapshot)
    if books.order.cart_id not in (cart_id, None) or books.order.user_id != user_id:
        # Somebody signed in, or claimed it: other carts are to be locked, and before the order.
        raise OrderMoved(f"{books.order} has moved.")
    return books


def _wait(books: Books) -> bool:
    """The customer has not finished. A declined card does not end a session."""
    return False


def _await_bank(books: Books) -> bool:
    """The customer has finished, and the bank takes its time: no access yet."""
    order, payment = books.order, books.payment
    if not payment.can_become(PaymentStatus.PROCESSING):
        return False
    payment.start_processing(books.answer)
    books.empty_carts()
    if order.can_become(OrderStatus.PROCESSING):
        order.start_processing()
        mails.send_waiting_for_bank(order, payment)
    return True


def _fail(books: Books) -> bool:
    """The bank refused after all. A failure of an old attempt changes nothing else."""
    order, payment = books.order, books.payment
    if not payment.can_become(PaymentStatus.FAILED):
        return False
    if order.can_become(OrderStatus.PROCESSING):
        # Nobody had told us that the bank was asked: its refusal is all that was heard.
        order.start_processing()
        books.empty_carts()
    payment.fail(books.answer.error)
    if order.status == OrderStatus.PROCESSING:
        order.reopen()
    if order.is_payable:
        mails.send_payment_failed(order, payment)
    return True


def _expire(books: Books) -> bool:
    """The session ended without money."""
    if not books.payment.can_become(PaymentStatus.EXPIRED):
        return False
    books.payment.expire()
    order = books.order
    if order.status == OrderStatus.PENDING and not order.payments.live().exists():
        order.expire()
    return True


def _receive(books: Books) -> bool:
    """The money is there."""
    order, payment, snapshot = books.order, books.payment, books.answer
    is_purchase = books.is_what_was_asked and not order.is_paid
    books.may_have_rivals = not payment.is_live
    payment.pay(snapshot, settles_order=is_purchase)
    LedgerEntry.objects.book(
        payment,
        LedgerKind.CHARGE,
        amount_minor=payment.received_minor,
        currency=snapshot.currency,
        gateway_object_id=payment.charge_id or payment.intent_id or payment.session_id or "",
    )
    if is_purchase:
        _fulfill(books)
    elif order.is_paid:
        _return_surplus(order, payment)
    else:
        _hold(books)
    return True


def accept_payment(payment_id: int) -> bool:
    """Have an order be bought by money that is not what it asked for, because staff say so.

    Return ``False`` if it does not wait for that, or the bank has taken the money. Raise
    ``ValueError`` if the money is of another currency than the order's prices.
    """
    with transaction.atomic():
        books = _open_books(payment_id, None)
        order, payment = books.order, books.payment
        if not order.held_reason or not payment.is_paid or payment.refund_reserved_minor:
            return False
        if payment.disputes.taking_the_money().exists():
            return False
        if payment.received_currency != order.currency:
            raise ValueError(f"{order} is priced in another currency than {payment} brought.")
        payment.settle_order()
        _fulfill(books, accepted_minor=payment.received_minor)
    return True


def _fulfill(books: Books, *, accepted_minor: int | None = None) -> None:
    order, payment = books.order, books.payment
    was_held = bool(order.held_reason)
    Fulfillment.objects.note(order, payment)
    order.pay(accepted_minor=accepted_minor)
    _grant(books)
    books.empty_carts()
    mails.send_receipt(order)
    logger.info("order %s fulfilled by payment %s", order.pk, payment.pk)
    if was_held:
        # What it was held for is of no use now.
        for other in order.payments.received().exclude(pk=payment.pk):
            _return_surplus(order, other)


def _grant(books: Books) -> None:
    """Open the buyer's own courses, and set aside the seats that are for others."""
    buyer, lines = books.order.user, books.lines
    own = [line for line in lines if line.is_for_buyer and buyer]
    others = [line for line in lines if line not in own]
    seats: dict[OrderLine, int | None] = {}
    if buyer and own:
        courses = [line.course for line in own]
        granted = Enrollment.objects.grant_each(buyer, courses, source=EnrollmentSource.PURCHASE)
        pks = {course_id: seat.pk for course_id, seat in granted.items()}
        seats |= {line: pks.get(line.course_id) for line in own}
    aside = Enrollment.objects.set_aside_each(
        [line.course for line in others],
        source=EnrollmentSource.PURCHASE,
        # A guest studies their own at once.
        begins_now=[line.is_for_buyer for line in others],
    )
    seats |= zip(others, aside, strict=True)
    OrderLine.objects.decide(seats)
    for line in own:
        if line.enrollment_id is None:
            _return_price(books, line)


def _return_price(books: Books, line: OrderLine) -> None:
    """Give back what somebody paid for a course that they had by then."""
    logger.warning("line %s of order %s: owned already", line.pk, line.order_id)
    if line.price_minor:
        _give_back(books.payment, line.price_minor, RefundReason.OWNED, [line])
    alarms.tell_of_owned_line(line)


def _return_surplus(order: Order, payment: Payment) -> None:
    """Give back what a second session of one order brought: money, not a second purchase."""
    logger.error("payment %s of order %s is surplus", payment.pk, order.pk)
    order.note_change()
    if payment.free_minor:
        _give_back(payment, payment.free_minor, RefundReason.SURPLUS)
    alarms.tell_of_surplus(order, payment)


def _give_back(
    payment: Payment, amount_minor: int, reason: RefundReason, lines: Sequence[OrderLine] = ()
) -> None:
    """Have money go back by rule. If it cannot by itself, the mail to staff has them look."""
    try:
        request_refund(payment, amount_minor=amount_minor, reason=reason, lines=lines)
    except CannotRefund as error:
        logger.error("payment %s is not refunded by itself: %s", payment.pk, error)


def _hold(books: Books) -> None:
    """Something else was paid than was asked: nothing is granted until staff have looked."""
    order, payment = books.order, books.payment
    logger.error("payment %s of order %s: amount differs, order held", payment.pk, order.pk)
    books.empty_carts()
    order.hold(HeldReason.AMOUNT)
    alarms.tell_of_mismatch(order, payment)


MEANINGS: dict[SessionState, Callable[[Books], bool]] = {
    SessionState.OPEN: _wait,
    SessionState.PROCESSING: _await_bank,
    SessionState.FAILED: _fail,
    SessionState.EXPIRED: _expire,
    SessionState.PAID: _receive,
}
