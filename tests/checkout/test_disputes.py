"""Disputes: paused while they are open, restored when won, closed when lost, noted when asked."""

import pytest

from checkout.books import compare_books
from checkout.disputes import apply_disputes
from checkout.gateways import Movement, RefundSnapshot
from checkout.models import Dispute, DisputeStatus, LedgerEntry, Order, Refund
from checkout.refunds import apply_refunds
from checkout.settlement import settle
from library.models import Enrollment
from project.models import OutboundMail
from tests.checkout.shop import create_order, create_payment, dispute_of, snapshot_of
from tests.factories import create_course, create_learner

pytestmark = pytest.mark.django_db

TAKEN = Movement(movement_id="txn_out", amount_minor=-7800)
BACK = Movement(movement_id="txn_in", amount_minor=7800)


@pytest.fixture
def paid():
    """The payment of an order with the buyer's own seat and one to give away."""
    order = create_order(courses=[create_course(title="Bread")], seats=2)
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    payment.refresh_from_db()
    return payment


def tell(payment, status, *movements):
    return apply_disputes(payment.pk, [dispute_of(payment, status, movements=movements)])


def seats(payment):
    lines = payment.order.lines.order_by("pk").select_related("enrollment")
    return [line.enrollment.status for line in lines]


def letters():
    keys = OutboundMail.objects.order_by("pk").values_list("key", flat=True)
    return [key.split(":")[0] for key in keys if key.startswith(("dispute:", "inquiry:"))]


def test_dispute_pauses_seats_and_books_what_was_taken(paid):
    """Fault 85."""
    assert tell(paid, "needs_response", TAKEN) is True

    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.amount_minor) == ("needs_response", 7800)
    assert dispute.evidence_due_at is not None
    assert seats(paid) == ["suspended", "suspended"]
    assert paid.entries.all().total() == 0
    assert letters() == ["dispute"]
    assert compare_books().is_balanced


def test_dispute_that_is_won_opens_them_again(paid):
    """Fault 86."""
    tell(paid, "needs_response", TAKEN)
    tell(paid, "under_review", TAKEN)

    assert tell(paid, "won", TAKEN, BACK) is True

    assert seats(paid) == ["active", "unclaimed"]
    assert paid.entries.all().total() == 7800
    assert letters() == ["dispute", "dispute"]
    assert Dispute.objects.get().closed_at is not None
    assert compare_books().is_balanced


def test_dispute_that_is_lost_closes_them(paid):
    """Fault 86."""
    tell(paid, "needs_response", TAKEN)

    tell(paid, "lost", TAKEN)

    assert seats(paid) == ["revoked", "revoked"]
    assert Order.objects.get().status == "paid"
    assert compare_books().is_balanced


def test_dispute_of_which_the_end_alone_was_heard_is_booked_whole(paid):
    tell(paid, "lost", TAKEN)

    assert seats(paid) == ["revoked", "revoked"]
    assert Dispute.objects.get().closed_at is not None
    assert paid.entries.all().total() == 0


@pytest.mark.parametrize(
    ("heard", "outcome"),
    [
        (["lost"], "The money is gone"),
        (["won"], "The money is the shop's"),
        (["warning_needs_response", "prevented"], "The money is the shop's"),
        (["warning_needs_response", "lost"], "The money is gone"),
    ],
)
def test_dispute_of_which_the_end_is_heard_first_is_told_as_decided(paid, heard, outcome):
    """Nobody is asked to answer what is over."""
    for status in heard:
        tell(paid, status)

    last = OutboundMail.objects.latest("pk")
    assert f"The bank has decided about $78. {outcome}" in last.text
    assert letters() == ["inquiry", "dispute"][-len(heard) :]


def test_inquiry_is_noted_and_nothing_else(paid):
    """Fault 84."""
    tell(paid, "warning_needs_response")
    tell(paid, "warning_under_review")

    assert seats(paid) == ["active", "unclaimed"]
    assert LedgerEntry.objects.count() == 1
    assert letters() == ["inquiry"]


def test_inquiry_that_becomes_a_dispute_is_told_anew(paid):
    tell(paid, "warning_needs_response")

    tell(paid, "needs_response", TAKEN)

    assert letters() == ["inquiry", "dispute"]
    assert seats(paid) == ["suspended", "suspended"]


def test_late_answers_change_nothing(paid):
    tell(paid, "won", TAKEN, BACK)

    for status in ("needs_response", "under_review", "warning_needs_response", "lost"):
        assert tell(paid, status, TAKEN, BACK) is False

    assert Dispute.objects.get().status == "won"
    assert seats(paid) == ["active", "unclaimed"]


def test_appeal_takes_up_what_was_closed(paid):
    tell(paid, "lost", TAKEN)

    tell(paid, "appeal_under_review", TAKEN)
    assert seats(paid) == ["suspended", "suspended"]
    tell(paid, "won", TAKEN, BACK)

    assert seats(paid) == ["active", "unclaimed"]
    assert Enrollment.objects.filter(status="revoked").count() == 2


@pytest.mark.parametrize("status", DisputeStatus)
def test_every_status_of_the_gateway_can_be_kept(paid, status):
    tell(paid, status)

    assert Dispute.objects.get().status == status


def test_two_disputes_about_one_payment_hold_the_seats_until_both_are_decided(paid):
    first = dispute_of(paid, "needs_response", dispute_id="du_1", movements=(TAKEN,))
    apply_disputes(paid.pk, [first, dispute_of(paid, "needs_response", dispute_id="du_2")])

    apply_disputes(paid.pk, [dispute_of(paid, "won", dispute_id="du_1", movements=(TAKEN, BACK))])
    assert seats(paid) == ["suspended", "suspended"]
    apply_disputes(paid.pk, [dispute_of(paid, "won", dispute_id="du_2")])

    assert seats(paid) == ["active", "unclaimed"]


def test_seat_from_another_purchase_is_never_touched(paid):
    """Revoking one never touches another."""
    other, course = create_learner(), paid.order.lines.first().course
    theirs = create_payment(order=create_order(buyer=other, courses=[course]))
    settle(theirs.pk, snapshot_of(theirs))

    tell(paid, "lost", TAKEN)

    assert seats(theirs) == ["active"]


def test_seat_that_staff_revoked_stays_so_when_the_dispute_is_won(paid):
    tell(paid, "needs_response", TAKEN)
    paid.order.lines.first().enrollment.revoke()

    tell(paid, "won", TAKEN, BACK)

    assert seats(paid) == ["revoked", "unclaimed"]


def test_bank_that_takes_more_than_is_left_is_a_loss_and_no_riddle(paid):
    """A part had gone back, and the dispute is about all of it: nothing bought, nothing to find."""
    surplus = create_payment(order=paid.order, attempt=2, status="expired")
    settle(surplus.pk, snapshot_of(surplus))
    refund = Refund.objects.get()
    apply_refunds(
        surplus.pk,
        [
            RefundSnapshot(
                refund_id="re_1", status="failed", amount_minor=7800, currency="usd",
                key=refund.idempotency_key,
            ),
            RefundSnapshot(
                refund_id="re_2", status="succeeded", amount_minor=500, currency="usd"
            ),
        ],
        is_complete=True,
    )  # fmt: skip

    tell(surplus, "lost", TAKEN)

    assert surplus.entries.all().total() == -500
    assert (compare_books().difference, compare_books().reasons) == ("$0.00", [])


def test_held_order_is_held_again_when_its_dispute_is_appealed():
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment, amount_minor=100))
    taken = Movement(movement_id="txn_out", amount_minor=-100)
    tell(payment, "lost", taken)
    order = Order.objects.get()
    assert (order.status, order.held_reason) == ("canceled", "")

    tell(payment, "appeal_needs_response", taken)

    order.refresh_from_db()
    assert (order.status, order.held_reason) == ("canceled", "amount_mismatch")
    assert compare_books().is_balanced
