"""Orders that nobody pays are closed, once nothing at a gateway can pay them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.jobs import reconcile_often
from checkout.models import Order, PaymentStatus
from tests.checkout.shop import create_order, create_payment

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("payment", "hours", "status"),
    [
        (PaymentStatus.ABANDONED, -1, "expired"),
        (PaymentStatus.EXPIRED, -1, "expired"),
        (PaymentStatus.OPEN, -1, "pending"),
        (PaymentStatus.CREATING, -1, "pending"),
        (PaymentStatus.ABANDONED, 1, "pending"),
    ],
)
def test_order_is_closed_when_its_time_is_over_and_nothing_can_pay_it(payment, hours, status):
    order = create_order()
    create_payment(order=order, status=payment)
    Order.objects.update(expires_at=timezone.now() + timedelta(hours=hours))

    reconcile_often()

    order.refresh_from_db()
    assert order.status == status
    assert order.cart.items.count() == 1
