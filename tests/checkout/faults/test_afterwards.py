"""Faults 77 to 92: refunds, disputes, lost letters and lost books, long after the money came."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from smtplib import SMTPException
from threading import Barrier

import pytest
from django.core import mail as outbox
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from checkout.gateways import GatewayError, OutcomeUnknown
from checkout.models import (
    Dispute,
    Order,
    Payment,
    Refund,
    RefundReason,
    WebhookEvent,
)
from checkout.refunds import CannotRefund, refundable_minor, request_refund, send_refund
from checkout.sandbox import disputes, faults, refunds
from checkout.sandbox.models import Charge, Fault, IdempotentRequest
from checkout.sandbox.models import Dispute as TheirDispute
from checkout.sandbox.models import Refund as TheirRefund
from checkout.settlement import WrongSession, settle
from library.models import Enrollment
from project import mail
from tests.checkout.faults.acting_telling import (
    BOUGHT,
    BOUNCED_REFUND_CARD,
    COMPLETED,
    FRAUD_CARD,
    INQUIRY_CARD,
    SLOW_REFUND_CARD,
    WARNED_CARD,
    Books,
    act,
    books,
    buy,
    count_calls,
    found,
    inbox,
    lesson_status,
    letter,
    order_page,
    resend,
    sweep,
    tell,
)
from tests.checkout.shop import create_payment, snapshot_of
from tests.checkout.test_orders import text_of
from tests.checkout.test_reconciliation import forget_everything
from tests.factories import create_course, create_staff, enroll

pytestmark = pytest.mark.django_db(transaction=True)

ASKED = RefundReason.ASKED
CHARGED, REFUNDED = ("charge", 3900), ("refund", -3900)
WITHDRAWN, REINSTATED = ("dispute_withdrawn", -3900), ("dispute_reinstated", 3900)


@pytest.fixture(autouse=True)
def shop(gateway, settings):
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_of_the_tests"]


@pytest.fixture
def paid(shopper, course):
    """A payment that bought one course."""
    payment = buy(shopper, course)
    assert books() == BOUGHT
    return payment


def give_back(payment, *, amount=3900, ends_access=True, lines=(), by=None):
    """Be staff who give money back; it is written down, and not sent yet."""
    return request_refund(
        payment, amount_minor=amount, reason=ASKED, ends_access=ends_access, lines=lines, by=by
    )


def sent(refund):
    """Let the worker send it; return its status then."""
    send_refund(refund.pk)
    refund.refresh_from_db()
    return refund.status


def at_once(*works):
    """Do all of it at the same moment; return how it went, errors by their names."""
    starting_line = Barrier(len(works))

    def attempt(work):
        try:
            starting_line.wait()
            work()
        except (CannotRefund, GatewayError) as error:
            return type(error).__name__
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return sorted(pool.map(attempt, works))


@pytest.fixture
def office(db):
    """A browser in which somebody of the staff is signed in."""
    client = Client()
    client.force_login(create_staff(email="office@example.com"))
    return client


def test_fault_77_staff_refund_all_of_it(paid, office, shopper, course):
    """It is written down first, then sent with its own key; access ends, the customer is told."""
    faults.switch_on("refunds.create", Fault.TOO_MANY_REQUESTS, times=1)
    form = {"scope": "whole", "access": "usual", "note": "", "already": 0, "send": "yes"}
    page = office.post(f"/admin/checkout/order/{paid.order_id}/refund/", form, follow=True)
    refund = Refund.objects.get()
    assert "The payment service did not confirm the refund of $39. It is written" in text_of(page)
    assert (refund.status, refund.requested_by.email) == ("requested", "office@example.com")
    assert (TheirRefund.objects.exists(), books()) == (False, BOUGHT)
    assert lesson_status(shopper, course) == 200

    assert sent(refund) == "succeeded"
    tell()

    theirs = TheirRefund.objects.get()
    assert (theirs.pk, theirs.amount) == (refund.gateway_refund_id, 3900)
    assert IdempotentRequest.objects.filter(key=refund.idempotency_key).count() == 1
    assert books() == Books(
        ledger=(CHARGED, REFUNDED), seats=("revoked",), letters=("receipt", "refunded")
    )
    assert letter("refunded").to == shopper.user.email
    assert lesson_status(shopper, course) == 303
    assert "Your money goes back." in order_page(shopper)


def test_refund_takes_its_time_and_access_may_stay(shopper, course):
    """Fault 77: while it is on its way, seats that it closes are paused; others stay open."""
    other = create_course()
    first = buy(shopper, course, card=SLOW_REFUND_CARD)
    second = buy(shopper, other, card=SLOW_REFUND_CARD)

    assert [sent(give_back(first)), sent(give_back(second, ends_access=False))] == ["pending"] * 2
    assert books().seats == ("suspended", "active")
    assert books().letters == ("receipt", "receipt")
    for theirs in TheirRefund.objects.all():
        refunds.succeed(theirs.pk)
    tell()

    assert books() == Books(
        orders=("paid", "paid"),
        payments=("paid", "paid"),
        ledger=(CHARGED, CHARGED, REFUNDED, REFUNDED),
        seats=("revoked", "active"),
        letters=("receipt", "receipt", "refunded", "refunded"),
    )


def test_fault_78_two_staff_refund_at_once(paid):
    """One is refused before anything is sent; the database refuses an over-refund by name."""
    assert at_once(*[lambda: give_back(paid)] * 2) == ["CannotRefund", "done"]

    refund = Refund.objects.get()
    with pytest.raises(IntegrityError, match="payment_never_over_refunded"), transaction.atomic():
        Payment.objects.get().reserve(1)
    assert books() == BOUGHT
    # And one that is sent twice is one refund: the row has one key.
    assert set(at_once(*[lambda: send_refund(refund.pk)] * 2)) <= {"done", "Unavailable"}
    refund.refresh_from_db()
    assert (refund.status, TheirRefund.objects.count()) == ("succeeded", 1)
    assert books().ledger == (CHARGED, REFUNDED)


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER, Fault.TIMEOUT_BEFORE, Fault.BROKEN_JSON])
def test_fault_79_answer_to_a_refund_is_lost(paid, fault):
    """It stays as requested, and is asked for again with its key: the money goes back once."""
    faults.switch_on("refunds.create", fault, times=2)
    refund = give_back(paid)
    with pytest.raises(OutcomeUnknown):
        send_refund(refund.pk)
    refund.refresh_from_db()
    assert refund.status == "requested"
    assert refund.last_error != ""
    assert books() == BOUGHT
    faults.switch_off()

    sweep(minutes=3)

    refund.refresh_from_db()
    assert (refund.status, refund.gateway_refund_id) == ("succeeded", TheirRefund.objects.get().pk)
    assert books() == Books(
        ledger=(CHARGED, REFUNDED), seats=("revoked",), letters=("receipt", "refunded")
    )


@pytest.mark.parametrize("was_made", [True, False])
def test_answer_to_a_refund_was_lost_a_day_ago(paid, was_made):
    """Fault 79: the key is forgotten, so it is looked for by our mark, and never sent again."""
    fault = Fault.TIMEOUT_AFTER if was_made else Fault.TIMEOUT_BEFORE
    faults.switch_on("refunds.create", fault)
    refund = give_back(paid)
    with pytest.raises(OutcomeUnknown):
        send_refund(refund.pk)
    Refund.objects.update(created_at=timezone.now() - timedelta(hours=24))
    IdempotentRequest.objects.all().delete()
    faults.switch_off()
    calls = count_calls("refunds.create")

    sweep(minutes=3)

    refund.refresh_from_db()
    assert (calls(), TheirRefund.objects.count()) == (0, int(was_made))
    if was_made:
        assert refund.status == "succeeded"
        assert books() == Books(
            ledger=(CHARGED, REFUNDED), seats=("revoked",), letters=("receipt", "refunded")
        )
    else:
        assert (refund.status, refundable_minor(Payment.objects.get())) == ("failed", 3900)
        assert books() == Books(letters=("receipt", "refund failed"))


def test_fault_80_refund_is_made_in_the_dashboard(paid, shopper, course):
    """The event makes its row; since all went back, the seat is closed; the customer is told."""
    act("refund")

    refund = Refund.objects.get()
    assert (refund.reason, refund.requested_by, refund.gateway_refund_id) == (
        "gateway",
        None,
        TheirRefund.objects.get().pk,
    )
    refunded = Books(
        ledger=(CHARGED, REFUNDED), seats=("revoked",), letters=("receipt", "refunded")
    )
    assert books() == refunded
    assert lesson_status(shopper, course) == 303
    assert resend("refund.created") == [200]
    sweep()
    assert books() == refunded


def test_fault_81_part_of_the_money_goes_back(shopper, course):
    """Access stays, whoever gave it back, unless the refund names the line."""
    payment = buy(shopper, course, create_course(price_minor=5900))
    act("refund-half")
    sent(give_back(payment, amount=500, ends_access=False))
    assert books().seats == ("active", "active")

    line = payment.order.lines.get(course=course)
    sent(give_back(payment, lines=[line]))
    tell()

    assert books() == Books(
        ledger=(("charge", 9800), ("refund", -4900), ("refund", -500), REFUNDED),
        seats=("revoked", "active"),
        letters=("receipt", "refunded", "refunded", "refunded"),
    )
    assert lesson_status(shopper, course) == 303


def test_fault_82_refund_fails_after_it_had_succeeded(shopper, course):
    """The amount is free again, a new seat is given, and staff are told that the money is here."""
    payment = buy(shopper, course, card=BOUNCED_REFUND_CARD)
    assert sent(give_back(payment)) == "succeeded"
    assert books().seats == ("revoked",)

    refunds.conclude(TheirRefund.objects.get().pk)
    tell()

    assert Refund.objects.get().status == "failed"
    assert refundable_minor(Payment.objects.get()) == 3900
    assert books() == Books(
        ledger=(CHARGED, REFUNDED, ("refund_failed", 3900)),
        letters=("receipt", "refunded", "refund failed", "reopened"),
    )
    assert sorted(Enrollment.objects.values_list("status", flat=True)) == ["active", "revoked"]
    assert lesson_status(shopper, course) == 200


def test_fault_83_refund_is_asked_for_while_a_dispute_is_open(shopper, course):
    """It is refused in words, and nothing is written: the customer would be paid twice."""
    payment = buy(shopper, course, card=FRAUD_CARD)
    tell()
    before = books()

    with pytest.raises(CannotRefund, match="would pay the customer twice"):
        give_back(payment)

    assert (Refund.objects.count(), TheirRefund.objects.count()) == (0, 0)
    assert (books(), refundable_minor(payment)) == (before, 0)


def test_dispute_opens_while_a_refund_waits_to_be_sent(paid):
    """Fault 83: the gateway refuses it, its amount is free again, and the seat is paused."""
    refund = give_back(paid)
    disputes.open_dispute(Charge.objects.get().pk)

    assert sent(refund) == "failed"
    tell()

    assert (TheirRefund.objects.count(), Payment.objects.get().refund_reserved_minor) == (0, 0)
    assert books() == Books(
        ledger=(CHARGED, WITHDRAWN),
        seats=("suspended",),
        letters=("receipt", "refund failed", "dispute"),
    )


def test_refund_is_asked_for_during_an_inquiry(shopper, course):
    """Fault 83: an inquiry holds no money: it goes back, which ends the matter."""
    payment = buy(shopper, course, card=INQUIRY_CARD)
    tell()

    assert sent(give_back(payment)) == "succeeded"

    assert books() == Books(
        ledger=(CHARGED, REFUNDED),
        seats=("revoked",),
        letters=("receipt", "inquiry", "refunded"),
    )


def test_fault_84_bank_inquires(shopper, course):
    """Staff are told, and nothing else happens, whether it is closed or not."""
    buy(shopper, course, card=INQUIRY_CARD)
    tell()
    asked = Books(letters=("receipt", "inquiry"))
    assert books() == asked
    assert Dispute.objects.get().status == "warning_needs_response"
    assert "No money was taken" in letter("inquiry").text
    assert lesson_status(shopper, course) == 200

    act("close-inquiry")

    assert Dispute.objects.get().status == "warning_closed"
    assert books() == Books(letters=(*asked.letters, "dispute"))
    assert lesson_status(shopper, course) == 200


def test_fault_85_charge_is_disputed(paid, shopper, course):
    """The seat is paused, the ledger says what was taken, and staff hear until when to answer."""
    act("dispute")

    assert inbox()[1:] == [
        ("charge.dispute.created", "done", 1),
        ("charge.dispute.funds_withdrawn", "done", 1),
    ]
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.amount_minor) == ("needs_response", 3900)
    assert dispute.gateway_dispute_id == TheirDispute.objects.get().pk
    assert f"Answer until {dispute.evidence_due_at:%B %-d, %Y}" in letter("dispute").text
    assert books() == Books(
        ledger=(CHARGED, WITHDRAWN), seats=("suspended",), letters=("receipt", "dispute")
    )
    assert lesson_status(shopper, course) == 303
    assert "Paused for now." in order_page(shopper)


@pytest.mark.parametrize(
    ("end", "ledger", "seat", "status", "heading"),
    [
        ("win", (CHARGED, WITHDRAWN, REINSTATED), "active", 200, "It’s yours."),
        ("lose", (CHARGED, WITHDRAWN), "revoked", 303, "Closed."),
    ],
)
def test_fault_86_dispute_is_decided(paid, shopper, course, end, ledger, seat, status, heading):
    """Won, the seat is open again; lost, it is closed; and the books say where the money is."""
    act("dispute")

    act(end)

    decided = Books(ledger=ledger, seats=(seat,), letters=("receipt", "dispute", "dispute"))
    assert books() == decided
    assert Dispute.objects.get().closed_at is not None
    assert lesson_status(shopper, course) == status
    assert heading in order_page(shopper)
    assert resend("charge.dispute.closed") == resend("charge.dispute.created") == [200]
    sweep()
    assert books() == decided


def test_fault_87_charge_is_refunded_and_then_disputed(paid, shopper, course):
    """The ledger shows both, staff are told of the refund as evidence, and nothing ends twice."""
    sent(give_back(paid))
    seat = Enrollment.objects.get()
    act("dispute")
    expected = Books(
        ledger=(CHARGED, REFUNDED, WITHDRAWN),
        seats=("revoked",),
        letters=("receipt", "refunded", "dispute"),
    )
    assert books() == expected
    refund_id = Refund.objects.get().gateway_refund_id
    assert f"$39 was refunded already ({refund_id})" in letter("dispute").text

    act("lose")

    assert books() == Books(**vars(expected) | {"letters": (*expected.letters, "dispute")})
    assert Enrollment.objects.get() == seat
    assert Payment.objects.get().entries.all().total() == -3900


def test_fault_88_seat_was_revoked_and_the_course_is_bought_again(paid, shopper, course):
    """A new seat is given beside the old one; of current ones the database allows one."""
    sent(give_back(paid))
    assert lesson_status(shopper, course) == 303

    buy(shopper, course)

    assert books() == Books(
        orders=("paid", "paid"),
        payments=("paid", "paid"),
        ledger=(CHARGED, REFUNDED, CHARGED),
        seats=("revoked", "active"),
        letters=("receipt", "refunded", "receipt"),
    )
    assert lesson_status(shopper, course) == 200
    with pytest.raises(IntegrityError, match="one_current_enrollment"), transaction.atomic():
        enroll(shopper.user, course=course)


def test_fault_89_bank_warns_of_fraud(shopper, course):
    """Staff are told what they can do, once, and nothing else happens."""
    buy(shopper, course, card=WARNED_CARD)

    tell()
    resend("radar.early_fraud_warning.created")

    assert inbox()[-1] == ("radar.early_fraud_warning.created", "done", 2)
    assert books() == Books(letters=("receipt", "warning"))
    assert "A full refund now mostly keeps a dispute" in letter("warning").text
    assert lesson_status(shopper, course) == 200


def test_fault_90_mail_server_is_down_at_fulfillment(shopper, course, settings):
    """The course is open all the same, and the letter leaves once when the server is back."""
    working = settings.MAILERS
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                                    "OPTIONS": {"host": "127.0.0.1", "port": 9}}}  # fmt: skip
    buy(shopper, course)
    receipt = letter("receipt")
    with pytest.raises((OSError, SMTPException)):
        mail.deliver(receipt.pk)

    assert books() == BOUGHT
    assert lesson_status(shopper, course) == 200
    receipt.refresh_from_db()
    assert receipt.sent_at is None
    settings.MAILERS = working
    assert "Letters not sent" in found(sweep(hours=13))
    mail.deliver(receipt.pk)
    mail.deliver(receipt.pk)
    assert [message.to for message in outbox.outbox] == [[shopper.user.email]]


def test_fault_91_restored_backup_does_not_know_the_payment(paid, shopper, course):
    """Its order is written anew from the session, with its address, and its refund is seen too."""
    lost = Order.objects.get()
    act("refund-half")
    forget_everything()

    assert resend() == [200]
    assert inbox() == [(COMPLETED, "ignored", 1)]
    sweep()

    order = Order.objects.get()
    assert (order.reference, order.user, order.email) == (lost.reference, lost.user, lost.email)
    assert books() == Books(ledger=(CHARGED, ("refund", -1950)), letters=("receipt", "refunded"))
    assert lesson_status(shopper, course) == 200


def test_fault_92_live_and_test_data_meet_in_one_database(paid, shopper):
    """The mode is part of each key, and what is said of one mode settles nothing of the other."""
    live = create_payment()
    Payment.objects.filter(pk=live.pk).update(
        livemode=True, session_id=paid.session_id, intent_id=paid.intent_id
    )
    live.refresh_from_db()
    event = WebhookEvent.objects.get()
    event.pk, event.livemode = None, True
    event.save(force_insert=True)
    for name, fields in {
        "payment_session_once": {"livemode": False, "intent_id": None},
        "payment_intent_once": {"livemode": False, "session_id": None},
    }.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Payment.objects.filter(pk=live.pk).update(**fields)

    WebhookEvent.objects.filter(livemode=False).delete()
    Payment.objects.filter(pk=paid.pk).update(session_id="cs_gone", idempotency_key="gone")
    assert resend() == [200]
    with pytest.raises(WrongSession):
        settle(live.pk, snapshot_of(live, livemode=False))

    live.refresh_from_db()
    assert (live.status, live.order.status, live.order.version) == ("open", "pending", 1)
    events = WebhookEvent.objects.order_by("livemode")
    assert list(events.values_list("livemode", "payment", "deliveries")) == [
        (False, None, 1),
        (True, paid.pk, 1),
    ]
