"""Refunds, in Stripe's shape."""

from datetime import timedelta

from checkout.sandbox import listing
from checkout.sandbox.expansion import Expandable, Json
from checkout.sandbox.models import Charge, Refund, RefundStatus
from checkout.sandbox.objects import balance, payment

# How long a buyer can take to say where the money should go.
TIME_TO_ACT = timedelta(days=45)


def refund_object(refund: Refund) -> Json:
    """Return the refund. Fields that Stripe leaves out until they are used are left out."""
    charge = refund.charge
    created = int(refund.created_at.timestamp())
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": balance.balance_place(refund.balance_transaction),
        "charge": payment.charge_place(charge),
        "created": created,
        "currency": charge.currency,
        "customer": Expandable(),
        "customer_account": None,
        "destination_details": _destination(charge),
        "metadata": refund.metadata,
        "payment_intent": payment.intent_place(charge),
        "payment_method": payment.method_place(charge.payment_method, created),
        "reason": refund.reason or None,
        "receipt_number": None,
        "source_transfer_reversal": Expandable(),
        "status": refund.status,
        "transfer_reversal": Expandable(),
    } | _state(refund)


def refund_list(charge: Charge) -> Json:
    """Return the last ten refunds of a charge."""
    return listing.page_of_rows(
        Refund.objects.filter(charge=charge).select_related("charge"),
        {},
        url=f"/v1/charges/{charge.pk}/refunds",
        render=refund_object,
    )


def _state(refund: Refund) -> Json:
    """Return what only some refunds tell of."""
    match refund.status:
        case RefundStatus.PENDING:
            return {"pending_reason": "processing"}
        case RefundStatus.REQUIRES_ACTION:
            return {"next_action": _next_action(refund)}
        case RefundStatus.FAILED | RefundStatus.CANCELED:
            return {
                "failure_balance_transaction": balance.balance_place(
                    refund.failure_balance_transaction
                ),
                "failure_reason": refund.failure_reason,
            }
    return {}


def _next_action(refund: Refund) -> Json:
    return {
        "type": "display_details",
        "display_details": {
            "email_sent": {
                "email_sent_at": int(refund.created_at.timestamp()),
                "email_sent_to": refund.charge.payment_method["billing_details"]["email"],
            },
            "expires_at": int((refund.created_at + TIME_TO_ACT).timestamp()),
        },
    }


def _destination(charge: Charge) -> Json:
    kind = charge.payment_method["type"]
    if kind != "card":
        return {"type": kind, kind: {}}
    return {
        "type": "card",
        "card": {
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        },
    }
