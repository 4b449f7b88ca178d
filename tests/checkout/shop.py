"""What checkout's tests make again and again: orders on their way to being paid."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from catalog.models import Course
from checkout.gateways import DisputeSnapshot, SessionState, Snapshot
from checkout.models import Cart, Order, OrderLine, Payment, PaymentStatus
from project.accounts.models import User
from tests.factories import create_course, create_learner


def create_order(
    *,
    buyer: User | None = None,
    courses: list[Course] | None = None,
    seats: int = 1,
    with_cart: bool = True,
) -> Order:
    """Create a pending order, without a payment."""
    buyer = buyer or create_learner()
    courses = courses or [create_course()]
    cart = Cart.objects.of_owner(buyer) if with_cart else None
    order = Order.objects.create(
        checkout_token=uuid4(),
        cart=cart,
        cart_fingerprint="of this order",
        user=buyer,
        email=buyer.email,
        currency="usd",
        total_minor=sum(course.price_minor for course in courses) * seats,
        expires_at=timezone.now() + timedelta(hours=12),
    )
    for course in courses:
        if cart:
            cart.put(course, seats=seats)
        for seat in range(1, seats + 1):
            OrderLine.objects.create(
                order=order,
                course=course,
                seat=seat,
                title=course.title,
                price_minor=course.price_minor,
                is_for_buyer=seat == 1,
            )
    return order


def create_payment(
    *, order: Order | None = None, status: PaymentStatus = PaymentStatus.OPEN, attempt: int = 1
) -> Payment:
    """Create an attempt to pay, whose session is known."""
    order = order or create_order()
    return Payment.objects.create(
        order=order,
        attempt=attempt,
        gateway="stripe",
        livemode=False,
        status=status,
        amount_minor=order.total_minor,
        currency=order.currency,
        idempotency_key=f"{order.reference}:{attempt}",
        request={},
        request_hash="",
        session_id=f"cs_test_{order.reference}_{attempt}",
        expires_at=order.expires_at,
    )


def snapshot_of(
    payment: Payment, state: SessionState = SessionState.PAID, **changes: object
) -> Snapshot:
    """Return what the gateway would say of the payment's session."""
    facts = {
        "state": state,
        "session_id": payment.session_id,
        "livemode": False,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "intent_id": f"pi_{payment.pk}",
        "charge_id": f"ch_{payment.pk}",
    }
    return Snapshot(**{**facts, **changes})


def dispute_of(payment: Payment, status: str, **changes: object) -> DisputeSnapshot:
    """Return what the gateway would say of a dispute about the payment."""
    facts = {
        "dispute_id": f"du_{payment.pk}",
        "status": status,
        "reason": "fraudulent",
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "is_charge_refundable": status.startswith("warning_"),
        "evidence_due_at": timezone.now() + timedelta(days=7),
    }
    return DisputeSnapshot(**{**facts, **changes})
