"""Money that goes back: never more than came, never twice, and seats as the money says."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from checkout.books import compare_books
from checkout.disputes import apply_disputes
from checkout.gateways import Movement, RefundSnapshot, Unavailable
from checkout.models import (
    InvalidTransition,
    LedgerEntry,
    Order,
    OrderLine,
    Payment,
    Refund,
    RefundReason,
    RefundStatus,
)
from checkout.refunds import CannotRefund, apply_refunds, refundable_minor, request_refund
from checkout.settlement import accept_payment, settle
from library.models import Enrollment
from project.models import OutboundMail
from tests.checkout.shop import create_order, create_payment, dispute_of, snapshot_of
from tests.factories import create_course, create_learner

pytestmark = pytest.mark.django_db

ASKED = RefundReason.ASKED


@pytest.fixture
def paid():
    """The payment of an order of two courses, at 39 dollars each."""
    order = create_order(courses=[create_course(title="Bread"), create_course(title="Cheese")])
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    payment.refresh_from_db()
    return payment


def said(refund, status="succeeded", **changes):
    """Return what the gateway says of a refund that the shop asked for."""
    facts = {
        "refund_id": f"re_{refund.pk}",
        "status": status,
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        "key": refund.idempotency_key,
    }
    return RefundSnapshot(**{**facts, **changes})


def made_elsewhere(refund_id="re_dashboard", *, amount=3900, status="succeeded"):
    return RefundSnapshot(refund_id=refund_id, status=status, amount_minor=amount, currency="usd")


def apply(payment, *snapshots):
    """Apply them as all that the gateway has of the payment."""
    return apply_refunds(payment.pk, snapshots, is_complete=True)


def seats(payment):
    lines = payment.order.lines.order_by("pk")
    return [line.enrollment.status for line in lines.select_related("enrollment")]


def books(payment):
    """Return what is set aside, and the ledger's balance."""
    payment.refresh_from_db()
    return payment.refund_reserved_minor, payment.entries.all().total()


def letters(prefix):
    return OutboundMail.objects.filter(key__startswith=prefix).count()


def test_request_sets_the_amount_aside_and_changes_nothing_else(paid):
    refund = request_refund(paid, amount_minor=3900, reason=ASKED)

    assert (refund.status, refund.currency, refund.gateway_refund_id) == ("requested", "usd", None)
    assert refund.request["amount"] == 3900
    assert refund.request["metadata"]["refund"] == refund.idempotency_key
    assert books(paid) == (3900, 7800)
    assert seats(paid) == ["active", "active"]
    assert letters("refunded:") == 0


@pytest.mark.parametrize("amount", [0, -1, 7801, 10**12])
def test_request_is_refused_for_an_amount_that_is_not_there(paid, amount):
    with pytest.raises(CannotRefund):
        request_refund(paid, amount_minor=amount, reason=ASKED)

    assert not Refund.objects.exists()
    assert books(paid) == (0, 7800)


def test_request_is_refused_once_all_is_given_back(paid):
    request_refund(paid, amount_minor=7000, reason=ASKED)

    with pytest.raises(CannotRefund):
        request_refund(paid, amount_minor=801, reason=ASKED)
    request_refund(paid, amount_minor=800, reason=ASKED)

    assert refundable_minor(Payment.objects.get()) == 0
    assert books(paid) == (7800, 7800)


def test_database_refuses_what_exceeds_the_money_received(paid):
    with pytest.raises(IntegrityError, match="payment_never_over_refunded"), transaction.atomic():
        paid.reserve(7801)


def test_request_is_refused_for_a_line_that_was_given_back(paid):
    line = paid.order.lines.first()
    request_refund(paid, amount_minor=3900, reason=ASKED, lines=[line])

    with pytest.raises(CannotRefund):
        request_refund(paid, amount_minor=3900, reason=ASKED, lines=[line])

    assert books(paid) == (3900, 7800)


def test_request_is_refused_for_money_that_did_not_come():
    with pytest.raises(CannotRefund):
        request_refund(create_payment(), amount_minor=3900, reason=ASKED)


@pytest.mark.parametrize(
    ("status", "refused"),
    [("needs_response", True), ("under_review", True), ("warning_needs_response", False)],
)
def test_request_is_refused_while_a_dispute_holds_the_money(paid, status, refused):
    """Fault 83: the customer would be paid twice. An inquiry holds nothing."""
    apply_disputes(paid.pk, [dispute_of(paid, status)])

    assert refundable_minor(paid) == (0 if refused else 7800)
    if refused:
        with pytest.raises(CannotRefund, match="dispute"):
            request_refund(paid, amount_minor=3900, reason=ASKED)
    else:
        request_refund(paid, amount_minor=3900, reason=ASKED)


def test_refund_of_a_line_closes_its_seat_and_no_other(paid):
    line = paid.order.lines.first()
    refund = request_refund(paid, amount_minor=3900, reason=ASKED, lines=[line], ends_access=True)

    assert apply(paid, said(refund)) is True

    assert seats(paid) == ["revoked", "active"]
    assert books(paid) == (3900, 3900)
    assert letters("refunded:") == 1
    assert compare_books().is_balanced


def test_refund_of_an_amount_leaves_access_unless_staff_say_otherwise(paid):
    first = request_refund(paid, amount_minor=1000, reason=ASKED)
    apply(paid, said(first))
    assert seats(paid) == ["active", "active"]

    second = request_refund(paid, amount_minor=6800, reason=ASKED, ends_access=True)
    apply(paid, said(first), said(second))

    assert seats(paid) == ["revoked", "revoked"]
    assert books(paid) == (7800, 0)


def test_seat_that_staff_paused_stays_so_whatever_the_others_cost(paid):
    """Only a change of what the money says moves a seat."""
    kept, closed = paid.order.lines.order_by("pk")
    kept.enrollment.suspend()
    refund = request_refund(paid, amount_minor=3900, reason=ASKED, lines=[closed], ends_access=True)

    apply(paid, said(refund))

    assert seats(paid) == ["suspended", "revoked"]


def test_refund_under_way_pauses_and_its_failure_restores(paid):
    refund = request_refund(paid, amount_minor=7800, reason=ASKED, ends_access=True)

    apply(paid, said(refund, "pending"))
    assert seats(paid) == ["suspended", "suspended"]
    apply(paid, said(refund, "failed", error="lost_or_stolen_card"))

    assert seats(paid) == ["active", "active"]
    assert books(paid) == (0, 7800)
    assert letters("refund failed:") == 1
    assert Refund.objects.get().last_error == "lost_or_stolen_card"


def test_refund_that_fails_after_it_succeeded_opens_the_seats_again(paid):
    """Fault 82: the money has come back, so has the customer's claim to the course."""
    refund = request_refund(paid, amount_minor=7800, reason=ASKED, ends_access=True)
    apply(paid, said(refund))
    assert seats(paid) == ["revoked", "revoked"]

    apply(paid, said(refund, "failed"))

    assert seats(paid) == ["active", "active"]
    assert Enrollment.objects.filter(status="revoked").count() == 2
    assert books(paid) == (0, 7800)
    assert list(paid.entries.order_by("pk").values_list("kind", "amount_minor")) == [
        ("charge", 7800),
        ("refund", -7800),
        ("refund_failed", 7800),
    ]
    assert refundable_minor(Payment.objects.get()) == 7800


def test_seat_that_was_bought_anew_is_left_alone_when_the_refund_fails(paid):
    """Fault 88, and what comes of both."""
    refund = request_refund(paid, amount_minor=7800, reason=ASKED, ends_access=True)
    apply(paid, said(refund))
    again = create_order(buyer=paid.order.user, courses=[paid.order.lines.first().course])
    anew = create_payment(order=again)
    settle(anew.pk, snapshot_of(anew))
    assert seats(anew) == ["active"]

    apply(paid, said(refund, "failed"))

    assert (seats(anew), seats(paid)) == (["active"], ["revoked", "active"])


def test_repeated_and_late_answers_change_nothing(paid):
    refund = request_refund(paid, amount_minor=3900, reason=ASKED)
    apply(paid, said(refund))
    version = Order.objects.get().version

    for status in ("succeeded", "pending", "requires_action", "canceled"):
        assert apply(paid, said(refund, status)) is False

    assert Refund.objects.get().status == "succeeded"
    assert books(paid) == (3900, 3900)
    assert letters("refunded:") == 1
    assert Order.objects.get().version == version


@pytest.mark.parametrize("origin", RefundStatus)
@pytest.mark.parametrize("status", RefundStatus)
def test_refund_moves_as_the_table_says(paid, origin, status):
    from checkout.models.refund import NEXT_STATUSES

    refund = request_refund(paid, amount_minor=3900, reason=ASKED)
    Refund.objects.update(status=origin, gateway_refund_id="re_1")
    refund.refresh_from_db()

    if status in NEXT_STATUSES[origin]:
        assert refund._move_to(status) is True
        assert Refund.objects.get().status == status
    elif status == origin:
        assert refund.follow(said(refund, status, refund_id="re_1")) is False
    else:
        with pytest.raises(InvalidTransition):
            refund._move_to(status)
        assert Refund.objects.get().status == origin


def test_refund_made_at_the_gateway_arrives_as_a_row(paid):
    """Fault 80. A part leaves access as it is."""
    assert apply(paid, made_elsewhere(amount=1000)) is True

    refund = Refund.objects.get()
    assert (refund.reason, refund.status, refund.amount_minor) == ("gateway", "succeeded", 1000)
    assert books(paid) == (1000, 6800)
    assert seats(paid) == ["active", "active"]
    assert compare_books().is_balanced


def test_all_refunds_made_at_the_gateway_are_seen_not_the_latest_alone(paid):
    apply(paid, made_elsewhere("re_1", amount=3000), made_elsewhere("re_2", amount=4800))

    assert Refund.objects.count() == 2
    assert books(paid) == (7800, 0)
    assert seats(paid) == ["revoked", "revoked"]


def test_refund_made_at_the_gateway_waits_for_one_of_ours_that_is_not_sent(paid):
    """Both cannot be: the gateway refuses ours, and then the other has room."""
    request_refund(paid, amount_minor=7800, reason=ASKED)

    with pytest.raises(Unavailable):
        apply(paid, made_elsewhere(amount=7800))

    assert books(paid) == (7800, 7800)
    assert Refund.objects.count() == 1


def test_money_of_another_payment_stays_where_it_is(paid):
    """A refund belongs to a payment: a surplus that goes back closes nothing."""
    surplus = create_payment(order=paid.order, attempt=2, status="expired")
    settle(surplus.pk, snapshot_of(surplus))
    refund = Refund.objects.get()
    assert (refund.reason, refund.amount_minor, refund.payment) == ("surplus", 7800, surplus)
    assert not compare_books().is_balanced

    apply(surplus, said(refund))

    assert seats(paid) == ["active", "active"]
    assert books(surplus) == (7800, 0)
    assert books(paid) == (0, 7800)
    assert compare_books().is_balanced


def test_line_that_was_owned_when_the_money_came_is_given_back_alone():
    """Fault 25."""
    buyer, bread, cheese = create_learner(), create_course(), create_course()
    for courses in ([bread], [bread, cheese]):
        payment = create_payment(order=create_order(buyer=buyer, courses=courses, with_cart=False))
        settle(payment.pk, snapshot_of(payment))

    refund = Refund.objects.get()
    assert (refund.reason, refund.amount_minor) == ("owned", 3900)
    assert [line.course for line in refund.lines.all()] == [bread]
    apply(payment, said(refund))
    assert Enrollment.objects.held_by(buyer).active().count() == 2
    assert compare_books().is_balanced


def test_held_order_is_closed_when_its_money_has_gone_back():
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment, amount_minor=100))
    assert (compare_books().difference, len(compare_books().reasons)) == ("$1.00", 1)
    payment.refresh_from_db()
    refund = request_refund(payment, amount_minor=100, reason=RefundReason.MISMATCH)

    apply(payment, said(refund))

    order = Order.objects.get()
    assert (order.status, order.held_reason) == ("canceled", "")
    assert not Enrollment.objects.exists()
    assert compare_books().difference == "$0.00"


def test_held_order_is_held_again_when_its_money_comes_home():
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment, amount_minor=100))
    payment.refresh_from_db()
    refund = request_refund(payment, amount_minor=100, reason=RefundReason.MISMATCH)
    apply(payment, said(refund))

    apply(payment, said(refund, "failed"))

    order = Order.objects.get()
    assert (order.status, order.held_reason) == ("canceled", "amount_mismatch")
    assert accept_payment(payment.pk) is True
    assert compare_books().difference == "$0.00"


def test_held_order_is_bought_when_staff_accept_what_was_paid():
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment, amount_minor=100))

    assert accept_payment(payment.pk) is True
    assert accept_payment(payment.pk) is False

    order = Order.objects.get()
    assert (order.status, order.held_reason, order.accepted_minor) == ("paid", "", 100)
    assert seats(payment) == ["active"]
    assert letters("receipt:") == 1
    assert compare_books().difference == "$0.00"


@pytest.mark.parametrize("status", ["needs_response", "lost"])
def test_held_order_is_not_bought_by_money_that_the_bank_has_taken(status):
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment, amount_minor=100))
    apply_disputes(payment.pk, [dispute_of(payment, status)])

    assert accept_payment(payment.pk) is False

    assert not Enrollment.objects.exists()
    assert letters("receipt:") == 0


def test_held_order_is_closed_when_its_money_is_lost_to_a_dispute():
    """Nobody could have closed it: the gateway refuses a refund of what it has given away."""
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment, amount_minor=100))

    apply_disputes(payment.pk, [dispute_of(payment, "lost")])

    order = Order.objects.get()
    assert (order.status, order.held_reason) == ("canceled", "")


def test_refund_that_failed_before_it_was_heard_of_holds_up_no_other(paid):
    """All is set aside for ours by then: there is no room for one that never moved anything."""
    ours = request_refund(paid, amount_minor=7800, reason=ASKED)

    apply(paid, made_elsewhere(status="failed"), said(ours))

    assert books(paid) == (7800, 0)
    assert sorted(Refund.objects.values_list("status", flat=True)) == ["failed", "succeeded"]
    assert compare_books().is_balanced


def test_request_is_refused_after_a_dispute_was_lost(paid):
    apply_disputes(paid.pk, [dispute_of(paid, "lost")])

    assert refundable_minor(paid) == 0
    with pytest.raises(CannotRefund, match="lost"):
        request_refund(paid, amount_minor=3900, reason=ASKED)


def test_money_of_another_currency_is_not_accepted_and_goes_back_as_it_came():
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment, currency="eur"))

    with pytest.raises(ValueError, match="currency"):
        accept_payment(payment.pk)

    payment.refresh_from_db()
    refund = request_refund(payment, amount_minor=3900, reason=RefundReason.MISMATCH)
    assert refund.currency == "eur"
    assert not Enrollment.objects.exists()


def test_right_money_for_a_held_order_buys_it_and_the_other_goes_back():
    wrong = create_payment()
    settle(wrong.pk, snapshot_of(wrong, amount_minor=100))
    right = create_payment(order=wrong.order, attempt=2, status="expired")

    settle(right.pk, snapshot_of(right))

    order = Order.objects.get()
    assert (order.status, order.held_reason) == ("paid", "")
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount_minor, refund.reason) == (wrong, 100, "surplus")


@pytest.mark.django_db(transaction=True)
def test_two_staff_at_once_give_back_no_more_than_there_is(paid):
    """Fault 78."""
    assert at_once(lambda: request_refund(paid, amount_minor=7800, reason=ASKED)) == [
        "CannotRefund",
        "done",
    ]
    assert Refund.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_two_staff_run_into_the_database(paid):
    """What looks first and acts afterwards is stopped by the constraint alone."""
    looked = Barrier(2)

    def naively():
        payment = Payment.objects.get(pk=paid.pk)
        assert payment.free_minor == 7800
        looked.wait()
        payment.reserve(7800)

    assert at_once(naively) == ["IntegrityError", "done"]


def at_once(work):
    """Do it twice at the same moment; return how it went."""
    starting_line = Barrier(2)

    def attempt(_):
        try:
            starting_line.wait()
            work()
        except (CannotRefund, IntegrityError) as error:
            return type(error).__name__
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(attempt, range(2)))


@pytest.mark.django_db(transaction=True)
def test_same_answer_from_two_workers_is_booked_once(paid):
    refund = request_refund(paid, amount_minor=7800, reason=ASKED, ends_access=True)

    assert at_once(lambda: apply(paid, said(refund))) == ["done", "done"]

    assert books(paid) == (7800, 0)
    assert letters("refunded:") == 1
    assert LedgerEntry.objects.filter(kind="refund").count() == 1
    assert OrderLine.objects.filter(access="ended").count() == 2


def test_refund_and_lost_dispute_on_one_charge_are_both_in_the_books(paid):
    """Fault 87: no second revocation, and the journal shows both."""
    refund = request_refund(paid, amount_minor=7800, reason=ASKED, ends_access=True)
    apply(paid, said(refund))

    taken = Movement(movement_id="txn_1", amount_minor=-7800)
    apply_disputes(paid.pk, [dispute_of(paid, "lost", movements=(taken,))])

    assert seats(paid) == ["revoked", "revoked"]
    assert books(paid) == (7800, -7800)
    assert compare_books().is_balanced
