"""What nobody told us is found and settled all the same."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from checkout.books import compare_books
from checkout.gateways import OutcomeUnknown, RefundSnapshot
from checkout.models import (
    Fulfillment,
    LedgerEntry,
    Order,
    OrderLine,
    Payment,
    Refund,
    RefundReason,
    WebhookEvent,
)
from checkout.reconciliation import STEPS, reconcile
from checkout.refunds import request_refund
from checkout.sandbox.models import CheckoutSession
from checkout.settlement import settle
from library.models import Enrollment
from project.models import OutboundMail
from tests.checkout.conftest import create_shopper
from tests.checkout.paying import pay_at
from tests.checkout.shop import create_payment, snapshot_of
from tests.checkout.test_jobs import grow_older
from tests.checkout.test_start import check_out, statuses
from tests.factories import create_course

LATER = timedelta(hours=2)


def later(*, commit=True, **time):
    return reconcile(STEPS, commit=commit, now=timezone.now() + (timedelta(**time) or LATER))


def found(report):
    """Return what was found, by the title of its step."""
    return {look.title: look.found for look in report.looks if look.found}


@pytest.fixture
def unheard(gateway, shopper):
    """Two orders that were paid, and the shop cannot be reached."""
    for buyer in (shopper, create_shopper()):
        buyer.wants(create_course())
        pay_at(check_out(buyer)["Location"], tells_the_shop=False)
    return shopper


@pytest.mark.django_db(transaction=True)
def test_shop_that_was_never_reached_fulfills_every_payment(unheard):
    """Fault 68, LESSONS 5."""
    report = later()

    assert statuses() == (["paid", "paid"], ["paid", "paid"])
    assert Enrollment.objects.active().count() == 2
    assert found(report)["Payments nothing was heard of"] == [
        f"{payment} is now paid" for payment in Payment.objects.order_by("pk")
    ]
    assert report.failed == 0
    assert compare_books().difference == "$0.00"


@pytest.mark.django_db(transaction=True)
def test_dry_run_says_what_it_would_mend_and_changes_nothing(unheard):
    before = [list(model.objects.values()) for model in BOOKS]

    report = later(commit=False)

    assert [list(model.objects.values()) for model in BOOKS] == before
    assert found(report)["Payments nothing was heard of"] == [
        f"{payment} is paid at the gateway" for payment in Payment.objects.order_by("pk")
    ]


BOOKS = [
    Order, OrderLine, Payment, Refund, LedgerEntry, Fulfillment, WebhookEvent, Enrollment,
    OutboundMail,
]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_second_run_finds_nothing(unheard):
    later()

    assert found(later()) == {}


@pytest.mark.django_db(transaction=True)
def test_attempt_with_an_unknown_outcome_is_asked_for_with_its_key(gateway, shopper, course):
    """Fault 7 and 8: the answer that opened the session was lost."""
    shopper.wants(course)
    check_out(shopper)
    session = CheckoutSession.objects.get()
    Payment.objects.update(status="creating", session_id=None, session_url="")

    later(minutes=3)

    payment = Payment.objects.get()
    assert (payment.status, payment.session_id) == ("open", session.pk)
    assert CheckoutSession.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("order", "hours"), [("canceled", 0), ("pending", 24)])
def test_attempt_that_nobody_would_pay_is_given_up(memory_gateway, order, hours):
    """Fault 10: the gateway's memory of the key is over, or the order is."""
    payment = create_payment(status="creating")
    Payment.objects.update(session_id=None, expires_at=timezone.now() + timedelta(hours=12 - hours))
    Order.objects.update(status=order)

    later(minutes=3)

    payment.refresh_from_db()
    assert payment.status == "abandoned"
    assert memory_gateway.states == {}


@pytest.mark.django_db(transaction=True)
def test_event_that_failed_is_acted_on_when_its_time_has_come(unheard):
    """Fault 65: without the gateway's own retries."""
    payment = Payment.objects.first()
    event = WebhookEvent.objects.create(
        gateway="stripe",
        livemode=False,
        event_id="evt_1",
        type="checkout.session.completed",
        payload=event_payload(payment),
        event_created_at=timezone.now(),
    )
    event.fail("The gateway was away.")
    assert found(later(commit=False, seconds=121))["Events to act on"] == [
        f"{event} is failed, to be tried again"
    ]

    later(minutes=3)

    event.refresh_from_db()
    assert (event.state, event.payment) == ("done", payment)


def event_payload(payment):
    return {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "created": 1,
        "livemode": False,
        "api_version": "2026-10-28.endive",
        "data": {"object": {"id": payment.session_id, "object": "checkout.session"}},
    }


@pytest.mark.django_db(transaction=True)
def test_events_that_could_not_be_delivered_are_heard(unheard, settings):
    Payment.objects.update(last_checked_at=timezone.now() + LATER)

    report = later()

    assert len(found(report)["Events never delivered"]) == 2
    assert statuses() == (["paid", "paid"], ["paid", "paid"])
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"done"}


@pytest.mark.django_db
def test_refund_that_was_not_confirmed_is_sent_again_with_its_key(memory_gateway):
    """Fault 79."""
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment))
    payment.refresh_from_db()
    refund = request_refund(payment, amount_minor=3900, reason=RefundReason.ASKED)
    memory_gateway.trouble["refund"] = OutcomeUnknown("timeout")
    report = later(minutes=3)
    assert (report.failed, Refund.objects.get().status) == (1, "requested")
    del memory_gateway.trouble["refund"]

    later(minutes=3)

    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert memory_gateway.refunds.keys() == {refund.idempotency_key}


@pytest.mark.django_db
@pytest.mark.parametrize("was_made", [True, False])
def test_old_refund_is_looked_for_and_never_sent_again(memory_gateway, was_made):
    """Fault 79: the gateway has forgotten the key, so that asking again would pay twice."""
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment))
    payment.refresh_from_db()
    refund = request_refund(payment, amount_minor=3900, reason=RefundReason.ASKED)
    if was_made:
        memory_gateway.refund(refund)
    Refund.objects.update(created_at=timezone.now() - timedelta(hours=24))

    later(minutes=3)

    refund.refresh_from_db()
    assert refund.status == ("succeeded" if was_made else "failed")
    assert len(memory_gateway.refunds) == int(was_made)
    payment.refresh_from_db()
    assert payment.refund_reserved_minor == (3900 if was_made else 0)


@pytest.mark.django_db
def test_old_refund_that_was_never_made_gives_way_to_one_made_at_the_gateway(memory_gateway):
    """Neither could be booked otherwise: the one had no room, and the other no answer."""
    payment = create_payment()
    settle(payment.pk, snapshot_of(payment))
    payment.refresh_from_db()
    ours = request_refund(payment, amount_minor=3900, reason=RefundReason.ASKED)
    Refund.objects.update(created_at=timezone.now() - timedelta(hours=24))
    memory_gateway.refunds["made there"] = RefundSnapshot(
        refund_id="re_there", status="succeeded", amount_minor=500, currency="usd"
    )

    report = later(minutes=3)

    ours.refresh_from_db()
    payment.refresh_from_db()
    assert (report.failed, ours.status) == (0, "failed")
    assert Refund.objects.get(gateway_refund_id="re_there").status == "succeeded"
    assert payment.refund_reserved_minor == payment.gateway_refunded_minor == 500


@pytest.mark.django_db(transaction=True)
def test_order_that_a_restored_backup_lost_is_written_anew(gateway, shopper, course):
    """Fault 91: with its reference, so that the customer's link is good again."""
    shopper.wants(course, seats=2)
    pay_at(check_out(shopper)["Location"])
    lost = Order.objects.get()
    forget_everything()

    later()

    order = Order.objects.get()
    assert (order.reference, order.user, order.total_minor, order.status) == (
        lost.reference,
        shopper.user,
        lost.total_minor,
        "paid",
    )
    assert Enrollment.objects.held_by(shopper.user).active().count() == 1
    assert Enrollment.objects.filter(status="unclaimed").count() == 1
    assert found(later()) == {}


@pytest.mark.django_db(transaction=True)
def test_order_that_cannot_be_written_anew_is_told_to_staff(gateway, shopper, course):
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"])
    forget_everything()
    course.delete()

    later()
    later()

    assert not Order.objects.exists()
    letter = OutboundMail.objects.get(key__startswith="unknown:")
    assert course.title in letter.text


def forget_everything():
    """Be an old backup: of the orders nothing is known."""
    for model in (WebhookEvent, Fulfillment, LedgerEntry, OrderLine, Refund, Payment, Order):
        model.objects.all().delete()
    Enrollment.objects.all().delete()
    OutboundMail.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_gateway_that_does_not_answer_holds_up_what_needs_no_gateway(unheard, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    order = create_payment(status="expired").order
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now())

    report = later()

    assert report.failed > 2
    order.refresh_from_db()
    assert order.status == "expired"


@pytest.mark.django_db(transaction=True)
def test_command_prints_a_table_and_mends_only_with_commit(unheard):
    grow_older(hours=2)

    told = run("reconcile")
    assert statuses() == (["pending", "pending"], ["open", "open"])
    assert "Payments nothing was heard of" in told
    assert "is paid at the gateway" in told
    assert "Run it with --commit" in told

    told = run("reconcile", commit=True)
    assert statuses() == (["paid", "paid"], ["paid", "paid"])
    assert "Received, less what the orders say: $0.00" in told


@pytest.mark.django_db(transaction=True)
def test_command_fails_if_something_could_not_be_looked_at(unheard, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    with pytest.raises(SystemExit, match="1"):
        run("reconcile", commit=True)


def run(command, **options):
    out = StringIO()
    call_command(command, stdout=out, stderr=out, **options)
    return out.getvalue()
