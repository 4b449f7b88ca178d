"""Payments of which nobody has told us: asked about by the clock, and seldom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.gateways import SessionState, Unavailable
from checkout.jobs import reconcile_often
from checkout.models import Payment
from checkout.sandbox.models import CheckoutSession
from checkout.settlement import sync_payment
from library.models import Enrollment
from tests.checkout.paying import pay_at
from tests.checkout.shop import create_payment
from tests.checkout.test_start import check_out, statuses

pytestmark = pytest.mark.django_db


def grow_older(**time):
    """Let that much time pass for all payments."""
    for payment in Payment.objects.all():
        looked = payment.last_checked_at
        Payment.objects.filter(pk=payment.pk).update(
            created_at=payment.created_at - timedelta(**time),
            last_checked_at=looked and looked - timedelta(**time),
        )


@pytest.fixture
def known(memory_gateway):
    """Return a function that makes a payment with a session at the gateway."""

    def make(state=SessionState.OPEN, **fields):
        payment = create_payment(**fields)
        memory_gateway.states[payment.session_id] = state
        return payment

    return make


@pytest.mark.django_db(transaction=True)
def test_what_was_paid_and_lost_is_settled(gateway, shopper, course):
    """LESSONS 5: no webhook came, and the customer never came back."""
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"], tells_the_shop=False)
    grow_older(minutes=61)

    reconcile_often()

    assert statuses() == (["paid"], ["paid"])
    assert Enrollment.objects.held_by(shopper.user).active().count() == 1


def test_session_that_ended_unnoticed_closes_its_order(known):
    known(SessionState.EXPIRED)
    grow_older(hours=13)

    reconcile_often()

    assert statuses() == (["expired"], ["expired"])


def test_each_session_is_asked_about_once_an_hour(known, memory_gateway):
    payment = known()
    grow_older(minutes=61)

    for _ in range(18):
        reconcile_often()
        grow_older(minutes=10)

    # At once, and whenever an hour was over: after 60 minutes the next tick is the seventh.
    assert memory_gateway.asked == {payment.session_id: 3}


def test_fresh_and_finished_ones_are_left_alone(known, memory_gateway):
    known(SessionState.PAID, status="expired")
    known(SessionState.PAID, status="abandoned")
    asked_just_now = known()
    grow_older(hours=2)
    Payment.objects.filter(pk=known(status="creating").pk).update(session_id=None)
    Payment.objects.filter(pk=asked_just_now.pk).update(last_checked_at=timezone.now())
    known()

    reconcile_often()

    assert memory_gateway.asked == {}


def test_one_that_fails_holds_up_no_other(known, memory_gateway):
    broken, lost, paid = known(), known(), known(SessionState.PAID)
    memory_gateway.trouble[broken.session_id] = Unavailable("Too many requests.")
    Payment.objects.filter(pk=lost.pk).update(session_id="cs_test_of_another")
    memory_gateway.states["cs_test_of_another"] = SessionState.OPEN
    grow_older(hours=2)

    reconcile_often()

    paid.refresh_from_db()
    assert statuses() == (["pending", "pending", "paid"], ["open", "open", "paid"])
    assert sync_payment(paid) is False


@pytest.mark.django_db(transaction=True)
def test_session_that_the_gateway_forgot_ends_its_payment(gateway, shopper, course):
    """It would be asked about every hour, for ever."""
    shopper.wants(course)
    check_out(shopper)
    CheckoutSession.objects.all().delete()
    Payment.objects.update(created_at=timezone.now() - timedelta(hours=2))

    reconcile_often()

    assert Payment.objects.get().status == "expired"
