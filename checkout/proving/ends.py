"""Where a history ended, with all left out that may differ between two that ended alike.

Left out are ids and times; letters but for the receipt (a bank that has answered before the shop
heard of its debit is not announced any more); how often something was told; and refunds that
failed before the shop heard of them. Of two payments it does not matter which one bought. An order
that was held and given back is canceled, unless its session had expired first: over it is.
"""

from collections.abc import Iterable
from typing import Any

from checkout.models import Order, Payment
from library.models import Enrollment
from project.models import OutboundMail

OVER = {"canceled": "over", "expired": "over"}


def end_of(order: Order) -> dict[str, Any]:
    """Return where the order, its money and its seats are."""
    order.refresh_from_db()
    return {
        "order": (OVER.get(order.status, order.status), order.held_reason, order.accepted_minor),
        "payments": sorted(map(_payment, order.payments.all())),
        "lines": [(line.title, line.seat, line.outcome, line.access) for line in order.lines.all()],
        "seats": sorted(
            Enrollment.objects.exclude(status="revoked").values_list(
                "course__slug", "learner__email", "status", "source"
            ),
            key=str,
        ),
        "receipts": OutboundMail.objects.filter(key__startswith="receipt:").count(),
    }


def differences(end: dict[str, Any], other: dict[str, Any]) -> Iterable[str]:
    """Say in which parts two ends differ."""
    for name in end:
        if end[name] != other[name]:
            yield f"{name}: {end[name]} here, {other[name]} told by nobody"


def _payment(payment: Payment) -> tuple[Any, ...]:
    entries = payment.entries.values_list("kind", "amount_minor")
    net = sum(amount for _, amount in entries)
    refunds = payment.refunds.standing()
    return (
        payment.status,
        payment.settles_order,
        payment.received_minor,
        payment.received_currency,
        payment.refund_reserved_minor,
        payment.gateway_refunded_minor,
        net,
        sorted(refunds.values_list("reason", "amount_minor", "status")),
        sorted(payment.disputes.values_list("status", "amount_minor")),
    )
