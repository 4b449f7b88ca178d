"""Refunds that are heard of at once: what they do to access is the same as one after the other."""

import pytest

from checkout.models import Payment
from checkout.refunds import sync_refunds
from checkout.sandbox import refunds
from checkout.sandbox.models import Charge
from library.models import Enrollment
from tests.checkout.paying import pay_at
from tests.checkout.test_start import check_out


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hears_at_once", [True, False])
def test_refund_that_comes_back_ends_nothing_whenever_it_is_heard_of(
    gateway, shopper, course, hears_at_once
):
    """What gave back the rest had ended access; it bounces, and only a part is given back."""
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"])
    charge, payment = Charge.objects.get(), Payment.objects.get()

    refunds.create_in_dashboard(charge.pk, amount=500)
    if not hears_at_once:
        sync_refunds(payment)
    rest = refunds.create_in_dashboard(charge.pk)
    sync_refunds(payment)
    assert Enrollment.objects.get().is_revoked
    refunds.fail(rest.pk)
    sync_refunds(payment)

    assert list(Enrollment.objects.order_by("pk").values_list("status", flat=True)) == [
        "revoked",
        "active",
    ]
