"""What must be true of an order and its money at the end of every history.

Each invariant yields what is wrong, in words; nothing, if it holds. What is true of the money is
read from the sandbox's own rows, never from what the shop believes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from django.db.models import F, Q, Sum

from checkout.books import compare_books
from checkout.mails import write_receipt
from checkout.models import (
    Fulfillment,
    LedgerEntry,
    LineAccess,
    LineOutcome,
    Order,
    OrderLine,
    Payment,
    Refund,
    RefundReason,
    WebhookEvent,
)
from checkout.models.webhook_event import OPEN
from checkout.sandbox.models import BalanceTransaction, Charge, CheckoutSession
from checkout.sandbox.models import Refund as GatewayRefund
from library.models import Enrollment
from project.models import OutboundMail

type Invariant = Callable[[Order], Iterator[str]]

SEATS = {
    LineAccess.OPEN: ("active", "unclaimed"),
    LineAccess.PAUSED: ("suspended",),
    LineAccess.ENDED: ("revoked",),
}


def books_balance(order: Order) -> Iterator[str]:
    """Money received is money on orders, and all else has gone back."""
    books = compare_books()
    if not books.is_balanced:
        yield f"{books.difference} too much: {'; '.join(books.reasons)}"


def ledger_follows_gateway(order: Order) -> Iterator[str]:
    """What each thing at the gateway moved, it moved in the ledger."""
    booked: defaultdict[str, int] = defaultdict(int)
    for entry in LedgerEntry.objects.filter(payment__order=order):
        booked[entry.gateway_object_id] += entry.amount_minor
    moved = _movements()
    for name in sorted(booked.keys() | moved.keys()):
        if booked[name] != moved[name]:
            yield f"{name} moved {moved[name]}, and {booked[name]} is in the ledger"


def paid_once(order: Order) -> Iterator[str]:
    """A paid order has one fulfillment, by its one settling payment; others have none."""
    fulfilled = list(Fulfillment.objects.filter(order=order).values_list("payment", flat=True))
    settling = list(order.payments.filter(settles_order=True).values_list("pk", flat=True))
    if fulfilled != settling or len(settling) != order.is_paid:
        yield f"{order.status}, fulfilled by {fulfilled}, settled by {settling}"


def granted_once(order: Order) -> Iterator[str]:
    """One paid line has one grant, or its price goes back because the course was owned.

    Where staff at the gateway were faster, the price has gone back with theirs.
    """
    for line in order.lines.select_related("refund"):
        if not order.is_paid:
            continue
        is_returned = line.refund is not None or _went_back_elsewhere(line)
        if line.outcome == LineOutcome.NONE:
            yield f"line {line.seat} of {line.title} was paid, and nothing came of it"
        elif line.outcome == LineOutcome.ALREADY_OWNED and not is_returned:
            yield f"line {line.seat} of {line.title} was owned, and is not given back"
    bought = Enrollment.objects.filter(source="purchase").count()
    granted = order.lines.exclude(enrollment=None).count()
    # A seat that was ended and is open again is another seat: the old one stays revoked.
    reopened = Enrollment.objects.filter(order_line=None, source="purchase", status="revoked")
    if bought - reopened.count() != granted:
        yield f"{granted} lines were granted, and {bought} seats were made"


def one_seat_each(order: Order) -> Iterator[str]:
    """A learner has one current seat on a course. Seats that nobody has taken are no learner's."""
    taken = Enrollment.objects.current().filter(learner__isnull=False)
    current = taken.values_list("learner", "course")
    for (learner, course), seats in Counter(current).items():
        if seats > 1:
            yield f"learner {learner} has {seats} seats on course {course}"


def nothing_granted_unpaid(order: Order) -> Iterator[str]:
    """What was granted, the gateway was paid for: as much as the order cost, in its currency."""
    if not order.lines.exclude(outcome=LineOutcome.NONE).exists() and not order.is_paid:
        return
    for payment in order.payments.filter(settles_order=True):
        charge = _charge_of(payment)
        paid = (charge.amount, charge.currency) if charge else (0, order.currency)
        if paid != (order.price_minor, order.currency):
            yield f"granted for {order.price_minor} {order.currency}, paid {paid}"
    if not order.is_paid:
        yield f"granted, and the order is {order.status}"


def money_is_noticed(order: Order) -> Iterator[str]:
    """What was paid at the gateway is paid here, whatever was thought before."""
    paid = CheckoutSession.objects.filter(payment_status="paid").values_list("pk", flat=True)
    noticed = order.payments.received().values_list("session_id", flat=True)
    for session_id in set(paid) ^ set(noticed):
        yield f"{session_id} is paid on one side only"


def one_receipt(order: Order) -> Iterator[str]:
    """A paid order has one receipt, however late it is written; no other letter goes out twice."""
    receipts = OutboundMail.objects.filter(key__startswith="receipt:").count()
    if receipts != order.is_paid:
        yield f"{receipts} receipts, and the order is {order.status}"
    if order.is_paid and write_receipt(order.pk) is None:
        yield "the receipt says nothing"
    keys = OutboundMail.objects.exclude(key=None).values_list("key", flat=True)
    for key, letters in Counter(keys).items():
        if letters > 1:
            yield f"{letters} letters “{key}”"


def access_follows_money(order: Order) -> Iterator[str]:
    """Seats are open, paused or ended as refunds and disputes say."""
    overall = _access_of_disputes(order)
    for line in order.lines.select_related("refund", "enrollment").exclude(enrollment=None):
        access = max(overall, _access_of_refunds(line), key=list(SEATS).index)
        seat = line.enrollment
        status = seat.status if seat else ""
        if line.access != access or status not in SEATS[LineAccess(access)]:
            yield f"{line.title} is {line.access} and {status}, and should be {access}"


def reserved_is_what_stands(order: Order) -> Iterator[str]:
    """What is set aside to be refunded is what stands, here and at the gateway."""
    for payment in order.payments.received():
        ours = payment.refunds.standing().aggregate(total=Sum("amount_minor", default=0))["total"]
        theirs = _refunded_at_gateway(payment)
        said = (payment.refund_reserved_minor, ours, payment.gateway_refunded_minor)
        if said != (theirs, theirs, theirs):
            yield f"{payment}: reserved, standing, noted are {said}; the gateway says {theirs}"


def surplus_goes_back(order: Order) -> Iterator[str]:
    """Of a second payment nothing is kept, and it goes back once."""
    surplus = RefundReason.SURPLUS
    for payment in order.payments.received().filter(settles_order=False):
        standing = payment.refunds.standing().filter(reason=surplus).count()
        is_disputed = payment.disputes.exists()
        if order.is_paid and payment.free_minor and not is_disputed:
            yield f"{payment} keeps {payment.free_minor}"
        if standing > 1:
            yield f"{payment} goes back {standing} times"


def no_dead_order_can_be_paid(order: Order) -> Iterator[str]:
    """An order that is paid, or over, has no session that waits for a customer.

    What a bank is confirming cannot be called back: should it come, it is a surplus.
    """
    live = order.payments.live().exclude(status="processing").count()
    if live and not order.is_live:
        yield f"{live} live payments, and the order is {order.status}"
    waiting = CheckoutSession.objects.filter(status="open").values_list("pk", flat=True)
    if order.is_paid and waiting:
        yield f"{list(waiting)} could still be paid, and the order is paid"


def statuses_fit(order: Order) -> Iterator[str]:
    """Order and payments stand where they can stand together."""
    statuses = sorted(order.payments.values_list("status", flat=True))
    kept = order.payments.received().exclude(disputes__status="lost")
    is_kept = kept.filter(refund_reserved_minor__lt=F("received_minor")).exists()
    fits = {
        "paid": "paid" in statuses,
        "processing": "processing" in statuses,
        "pending": not is_kept or bool(order.held_reason),
        "expired": not is_kept or bool(order.held_reason),
        "canceled": not is_kept,
    }
    if not fits[order.status]:
        yield f"the order is {order.status}, its payments are {statuses}"
    for payment in order.payments.live().exclude(session_id=None):
        session = CheckoutSession.objects.get(pk=payment.session_id)
        if (payment.status, session.status) not in {("open", "open"), ("processing", "complete")}:
            yield f"{payment} is {payment.status}, its session is {session.status}"


def events_are_done(order: Order) -> Iterator[str]:
    """No event is left in the inbox, and none is there twice."""
    for event in WebhookEvent.objects.filter(state__in=(*OPEN, "dead")):
        yield f"{event.type} is {event.state}: {event.error}"
    for name, rows in Counter(WebhookEvent.objects.values_list("event_id", flat=True)).items():
        if rows > 1:
            yield f"{name} is there {rows} times"


INVARIANTS: dict[str, Invariant] = {
    "nothing is granted unpaid": nothing_granted_unpaid,
    "a learner has one seat on a course": one_seat_each,
    "one paid line has one grant": granted_once,
    "a paid order has one fulfillment": paid_once,
    "money received is money on orders, the rest went back": books_balance,
    "the ledger says what the gateway moved": ledger_follows_gateway,
    "money at the gateway is noticed": money_is_noticed,
    "no receipt goes out twice": one_receipt,
    "access is what refunds and disputes say": access_follows_money,
    "what is set aside is what stands": reserved_is_what_stands,
    "a surplus goes back, once": surplus_goes_back,
    "nothing that is over can be paid": no_dead_order_can_be_paid,
    "order and payments stand together": statuses_fit,
    "the inbox is empty": events_are_done,
}


def _movements() -> Counter[str]:
    """Return what moved at the gateway, by what moved it. Fees are no business of the ledger."""
    moved: Counter[str] = Counter()
    for row in BalanceTransaction.objects.all():
        is_dispute = row.reporting_category.startswith("dispute")
        moved[row.pk if is_dispute else row.source] += row.amount
    return moved


def _charge_of(payment: Payment) -> Charge | None:
    charges = Charge.objects.filter(payment_intent__session=payment.session_id)
    return charges.filter(status="succeeded").first()


def _refunded_at_gateway(payment: Payment) -> int:
    standing = GatewayRefund.objects.filter(charge__payment_intent__session=payment.session_id)
    standing = standing.exclude(status__in=("failed", "canceled"))
    return int(standing.aggregate(total=Sum("amount", default=0))["total"])


def _access_of_disputes(order: Order) -> LineAccess:
    """Read it from the gateway's disputes about the charge that bought the order."""
    settling = order.payments.filter(settles_order=True).first()
    charge = settling and _charge_of(settling)
    said: set[str] = set(charge.disputes.values_list("status", flat=True)) if charge else set()
    if "lost" in said:
        return LineAccess.ENDED
    waits = {"needs_response", "under_review", "appeal_needs_response", "appeal_under_review"}
    return LineAccess.PAUSED if said & waits else LineAccess.OPEN


def _access_of_refunds(line: OrderLine) -> LineAccess:
    """Read it from the gateway's refunds, by what ours of them say of access."""
    ending = Refund.objects.filter(payment__order=line.order_id, payment__settles_order=True)
    ending = ending.filter(Q(lines=line) | Q(lines=None), ends_access=True)
    if not _gives_all_back(line.order):
        # Staff at the gateway have given back a part only, which ends nothing.
        ending = ending.exclude(reason=RefundReason.GATEWAY)
    ids = list(ending.values_list("gateway_refund_id", flat=True))
    there = GatewayRefund.objects.filter(pk__in=ids)
    statuses = set(there.values_list("status", flat=True))
    if "succeeded" in statuses:
        return LineAccess.ENDED
    return LineAccess.PAUSED if statuses & {"pending", "requires_action"} else LineAccess.OPEN


def _went_back_elsewhere(line: OrderLine) -> bool:
    settling = line.order.payments.get(settles_order=True)
    is_lost = settling.disputes.taking_the_money().exists()
    return is_lost or _refunded_at_gateway(settling) >= line.price_minor


def _gives_all_back(order: Order) -> bool:
    """Whether nothing is left of what bought the order, or not only the gateway gave back."""
    settling = order.payments.get(settles_order=True)
    is_mixed = settling.refunds.exclude(reason=RefundReason.GATEWAY).exists()
    return is_mixed or _refunded_at_gateway(settling) == settling.received_minor
