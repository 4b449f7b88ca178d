"""The only door to "paid": what each answer of the gateway does to the books."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from checkout.gateways import SessionState
from checkout.models import (
    Cart,
    Fulfillment,
    LedgerEntry,
    LineOutcome,
    OrderStatus,
    PaymentStatus,
)
from checkout.settlement import WrongSession, settle
from library.models import Enrollment, EnrollmentStatus
from project.models import OutboundMail
from tests.accounts.letters import as_sent
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import create_course, create_learner, create_staff, enroll

pytestmark = pytest.mark.django_db


def books_of(order):
    """Return all that money changed, so that a test can say that nothing else did."""
    order.refresh_from_db()
    return {
        "order": order.status,
        "payments": [payment.status for payment in order.payments.order_by("attempt")],
        "fulfilled": Fulfillment.objects.filter(order=order).exists(),
        "ledger": [entry.amount_minor for entry in LedgerEntry.objects.order_by("pk")],
        "lines": [line.outcome for line in order.lines.order_by("pk")],
        "receipts": OutboundMail.objects.filter(key=f"receipt:{order.pk}").count(),
    }


def test_settle_opens_the_courses_of_a_paid_session():
    """LESSONS 1: access and "paid" come in one transaction."""
    courses = [create_course(price_minor=3900), create_course(price_minor=5900)]
    order = create_order(courses=courses)
    payment = create_payment(order=order)

    assert settle(payment.pk, snapshot_of(payment)) is True

    assert books_of(order) == {
        "order": "paid",
        "payments": ["paid"],
        "fulfilled": True,
        "ledger": [9800],
        "lines": ["granted", "granted"],
        "receipts": 1,
    }
    seats = Enrollment.objects.held_by(order.user)
    assert {(seat.course_id, seat.status) for seat in seats} == {
        (course.pk, "active") for course in courses
    }


def test_settle_a_second_time_changes_nothing():
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment))
    books = books_of(payment.order)
    version = payment.order.version

    assert settle(payment.pk, snapshot_of(payment)) is False

    assert books_of(payment.order) == books
    assert payment.order.version == version


@pytest.mark.parametrize("state", [SessionState.EXPIRED, SessionState.FAILED, SessionState.OPEN])
def test_settle_never_takes_paid_back(state):
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment))
    books = books_of(payment.order)

    assert settle(payment.pk, snapshot_of(payment, state)) is False

    assert books_of(payment.order) == books


@pytest.mark.parametrize(
    "change", [{"amount_minor": 3899}, {"amount_minor": 3901}, {"currency": "eur"}]
)
def test_settle_holds_an_order_that_was_paid_with_something_else(change):
    """LESSONS 3: amount and currency equal the order's, or nothing is granted."""
    staff = create_staff()
    order = create_order()
    payment = create_payment(order=order)

    assert settle(payment.pk, snapshot_of(payment, **change)) is True

    assert books_of(order) == {
        "order": "pending",
        "payments": ["paid"],
        "fulfilled": False,
        "ledger": [change.get("amount_minor", 3900)],
        "lines": ["none"],
        "receipts": 0,
    }
    assert order.held_reason == "amount_mismatch"
    assert not Cart.objects.of_owner(order.user).items.exists()
    assert not Enrollment.objects.exists()
    assert [mail.to for mail in OutboundMail.objects.all()] == [staff.email]


@pytest.mark.parametrize("change", [{"session_id": "cs_test_another"}, {"livemode": True}])
def test_settle_refuses_what_is_said_of_another_session(change):
    """LESSONS 3: the session is the stored one."""
    payment = create_payment()

    with pytest.raises(WrongSession):
        settle(payment.pk, snapshot_of(payment, **change))

    assert books_of(payment.order)["order"] == "pending"
    assert not Enrollment.objects.exists()


def test_settle_books_a_second_paid_session_and_grants_nothing_for_it():
    """LESSONS 7, fault 36."""
    order = create_order()
    first = create_payment(order=order)
    settle(first.pk, snapshot_of(first))
    second = create_payment(order=order, attempt=2)

    assert settle(second.pk, snapshot_of(second)) is True

    second.refresh_from_db()
    assert (second.status, second.settles_order) == (PaymentStatus.PAID, False)
    assert books_of(order) == {
        "order": "paid",
        "payments": ["paid", "paid"],
        "fulfilled": True,
        "ledger": [3900, 3900],
        "lines": ["granted"],
        "receipts": 1,
    }
    assert OutboundMail.objects.filter(key__startswith="surplus:").count() == 1


@pytest.mark.parametrize("status", [OrderStatus.EXPIRED, OrderStatus.CANCELED])
def test_settle_lets_late_money_win(status):
    """Fault 37: what the gateway received counts, whatever our clock said."""
    order = create_order()
    payment = create_payment(order=order)
    payment.expire()
    order.expire() if status == OrderStatus.EXPIRED else order.cancel()

    settle(payment.pk, snapshot_of(payment))

    assert books_of(order)["order"] == "paid"
    assert Enrollment.objects.held_by(order.user).active().count() == 1


def test_settle_waits_for_a_slow_bank_and_then_grants():
    order = create_order()
    payment = create_payment(order=order)

    settle(payment.pk, snapshot_of(payment, SessionState.PROCESSING))
    assert books_of(order)["order"] == "processing"
    assert not Enrollment.objects.exists()
    cart = Cart.objects.of_owner(order.user)
    assert (order.cart, cart.items.count()) == (None, 0)
    cart.put(order.lines.get().course, seats=2)  # for somebody else, while the bank takes its time

    settle(payment.pk, snapshot_of(payment))
    assert books_of(order)["order"] == "paid"
    assert cart.items.get().seats == 2


def test_settle_lets_one_pay_anew_after_the_bank_refused():
    order = create_order()
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment, SessionState.PROCESSING))

    settle(payment.pk, snapshot_of(payment, SessionState.FAILED, error="No money."))

    payment.refresh_from_db()
    assert (payment.status, payment.last_error) == ("failed", "No money.")
    assert books_of(order)["order"] == "pending"


@pytest.mark.parametrize("status", [PaymentStatus.OPEN, PaymentStatus.CREATING])
def test_settle_hears_of_a_refusal_alone(status):
    """The bank was asked and has refused, and of the first nobody had told us."""
    order = create_order()
    payment = create_payment(order=order, status=status)
    type(order).objects.update(expires_at=timezone.now())

    settle(payment.pk, snapshot_of(payment, SessionState.FAILED, error="No money."))

    payment.refresh_from_db()
    assert (payment.status, books_of(order)["order"]) == ("failed", "pending")
    assert order.expires_at > timezone.now() + timedelta(days=6)
    assert not Cart.objects.of_owner(order.user).items.exists()
    assert OutboundMail.objects.get().key == f"failed:{payment.pk}"


def test_settle_fails_a_payment_of_which_nobody_said_that_the_bank_was_asked():
    """Otherwise it would stay open for ever, and be paid anew on a page that is closed."""
    order = create_order()
    payment = create_payment(order=order)

    assert settle(payment.pk, snapshot_of(payment, SessionState.FAILED, error="No money.")) is True

    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, order.status, order.is_payable) == ("failed", "pending", True)
    assert OutboundMail.objects.filter(key=f"failed:{payment.pk}").count() == 1


def test_settle_expires_the_order_with_its_only_session():
    order = create_order()
    payment = create_payment(order=order)

    settle(payment.pk, snapshot_of(payment, SessionState.EXPIRED))

    assert books_of(order)["order"] == "expired"
    assert order.cart.items.count() == 1


def test_settle_keeps_the_order_open_while_another_session_is():
    order = create_order()
    old = create_payment(order=order, status=PaymentStatus.EXPIRED)
    old_but_open = create_payment(order=order, attempt=2)

    assert settle(old.pk, snapshot_of(old, SessionState.EXPIRED)) is False

    assert books_of(order)["order"] == "pending"
    assert old_but_open.is_live


def test_settle_takes_out_of_the_cart_only_what_was_bought():
    """LESSONS 9: and not before the money is there."""
    bought, added_since, more_seats = create_course(), create_course(), create_course()
    order = create_order(courses=[bought, more_seats])
    order.cart.put(added_since)
    order.cart.set_seats(more_seats, 3)
    payment = create_payment(order=order)
    assert order.cart.items.count() == 3

    settle(payment.pk, snapshot_of(payment))

    left = Counter({item.course: item.seats for item in order.cart.items.all()})
    assert left == Counter({added_since: 1, more_seats: 2})


def test_settle_tells_of_a_course_that_was_owned_by_then():
    """Fault 25: the seat is paid for twice, so staff give the money back."""
    staff = create_staff()
    order = create_order()
    enroll(order.user, course=order.lines.get().course)
    payment = create_payment(order=order)

    settle(payment.pk, snapshot_of(payment))

    assert books_of(order)["lines"] == [LineOutcome.ALREADY_OWNED]
    assert Enrollment.objects.held_by(order.user).count() == 1
    assert OutboundMail.objects.filter(to=staff.email).count() == 1


def test_settle_sets_aside_the_seats_that_are_to_be_given_away():
    order = create_order(seats=3)
    payment = create_payment(order=order)

    settle(payment.pk, snapshot_of(payment))

    statuses = Counter(line.enrollment.status for line in order.lines.all())
    assert statuses == {EnrollmentStatus.ACTIVE: 1, EnrollmentStatus.UNCLAIMED: 2}
    receipt = as_sent(OutboundMail.objects.get(key=f"receipt:{order.pk}"))
    links = [line.enrollment.claim_url in receipt.text for line in order.lines.all()[1:]]
    assert links == [True, True]


def test_settle_sets_aside_the_seat_of_a_guest():
    """Guests come later; the order has an address and may have no user."""
    order = create_order(with_cart=False)
    order.user = None
    order.save(update_fields=["user"])
    payment = create_payment(order=order)

    settle(payment.pk, snapshot_of(payment))

    assert order.lines.get().enrollment.status == EnrollmentStatus.UNCLAIMED


def test_two_purchases_never_touch_each_others_access():
    learner = create_learner()
    first, second = create_order(buyer=learner), create_order(buyer=learner, with_cart=False)
    for order in (first, second):
        payment = create_payment(order=order)
        settle(payment.pk, snapshot_of(payment))

    first.lines.get().enrollment.revoke()

    assert Enrollment.objects.held_by(learner).active().count() == 1


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        ("second fulfillment", "checkout_fulfillment_pkey"),
        ("second settling payment", "one_settling_payment_per_order"),
        ("second charge", "ledger_entry_once"),
        ("second live payment", "one_live_payment_per_order"),
        ("second live order of the cart", "one_live_order_per_cart"),
        ("over-refund", "payment_never_over_refunded"),
        ("paid without a date", "order_paid_at_iff_paid"),
        ("granted without a seat", "line_granted_iff_enrollment"),
        ("second grant of a line", "checkout_orderline_enrollment_id_key"),
        ("second current seat", "one_current_enrollment"),
    ],
)
def test_database_refuses(row, constraint):
    """Whatever the code does: each impossible row is refused by the constraint of that name."""
    order = create_order()
    paid = create_payment(order=order)
    settle(paid.pk, snapshot_of(paid))
    other = create_payment(order=order, attempt=2)
    line = order.lines.get()
    orders = type(order).objects.filter(pk=order.pk)
    payments = type(paid).objects
    attempts = {
        "second fulfillment": lambda: Fulfillment.objects.bulk_create(
            [Fulfillment(order=order, payment=other)]
        ),
        "second settling payment": lambda: payments.filter(pk=other.pk).update(
            status="paid", paid_at=order.created_at, settles_order=True
        ),
        "second charge": lambda: LedgerEntry.objects.create(
            payment=other,
            kind="charge",
            gateway_object_id=f"ch_{paid.pk}",
            amount_minor=1,
            currency="usd",
        ),
        "second live payment": lambda: create_payment(order=order, attempt=3),
        "second live order of the cart": lambda: [
            create_order(buyer=order.user, courses=[create_course()]) for _ in range(2)
        ],
        "over-refund": lambda: payments.filter(pk=paid.pk).update(refund_reserved_minor=3901),
        "paid without a date": lambda: orders.update(paid_at=None),
        "granted without a seat": lambda: order.lines.update(enrollment=None),
        "second grant of a line": lambda: create_order(with_cart=False).lines.update(
            outcome="granted", enrollment=line.enrollment
        ),
        "second current seat": lambda: enroll(order.user, course=line.course),
    }
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        attempts[row]()


def test_only_carts_of_the_order_are_emptied():
    order = create_order()
    stranger = create_learner()
    theirs = Cart.objects.of_owner(stranger)
    theirs.put(order.lines.get().course)
    payment = create_payment(order=order)

    settle(payment.pk, snapshot_of(payment))

    assert theirs.items.count() == 1
