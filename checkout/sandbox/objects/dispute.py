"""Disputes and early fraud warnings, in Stripe's shape."""

from checkout.sandbox import evidence
from checkout.sandbox.expansion import Json
from checkout.sandbox.models import BalanceTransaction, Dispute, EarlyFraudWarning
from checkout.sandbox.objects import balance, payment

INQUIRY_CODE = "10"
# Visa's codes for the reasons (Stripe, "Dispute reason codes").
REASON_CODES = {
    "credit_not_processed": "13.7",
    "duplicate": "12.6.1",
    "fraudulent": "10.4",
    "product_not_received": "13.1",
    "product_unacceptable": "13.3",
    "subscription_canceled": "13.2",
}


def dispute_object(dispute: Dispute) -> Json:
    """Return the dispute, with the balance transactions whole, as Stripe has them there."""
    charge = dispute.charge
    moves = BalanceTransaction.objects.filter(source=dispute.pk).order_by("created_at")
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": [balance.balance_object(moved) for moved in moves],
        "charge": payment.charge_place(charge),
        "created": int(dispute.created_at.timestamp()),
        "currency": charge.currency,
        "enhanced_eligibility_types": [],
        "evidence": _evidence(dispute),
        "evidence_details": _evidence_details(dispute),
        "intended_submission_method": None,
        "is_charge_refundable": dispute.is_charge_refundable,
        "livemode": False,
        "metadata": dispute.metadata,
        "network_reason_code": _reason_code(dispute),
        "payment_intent": payment.intent_place(charge),
        "payment_method_details": _method_details(dispute),
        "reason": dispute.reason,
        "status": dispute.status,
    }


def warning_object(warning: EarlyFraudWarning) -> Json:
    """Return the early fraud warning."""
    return {
        "id": warning.id,
        "object": "radar.early_fraud_warning",
        "actionable": warning.is_actionable,
        "charge": payment.charge_place(warning.charge),
        "created": int(warning.created_at.timestamp()),
        "fraud_type": warning.fraud_type,
        "livemode": False,
        "payment_intent": payment.intent_place(warning.charge),
    }


def _evidence(dispute: Dispute) -> Json:
    return {
        **dict.fromkeys(sorted(evidence.TEXTS + evidence.FILES)),
        "appeal": None,
        "enhanced_evidence": {},
        **dispute.evidence,
    }


def _evidence_details(dispute: Dispute) -> Json:
    return {
        "due_by": int(dispute.due_by.timestamp()),
        "enhanced_eligibility": {},
        "has_evidence": bool(dispute.evidence),
        "past_due": False,
        "submission_count": dispute.submission_count,
        "submission_method": "manual" if dispute.submission_count else "not_submitted",
    }


def _reason_code(dispute: Dispute) -> str | None:
    return INQUIRY_CODE if dispute.is_inquiry else REASON_CODES.get(dispute.reason)


def _method_details(dispute: Dispute) -> Json | None:
    method = dispute.charge.payment_method
    if method["type"] != "card":
        return None
    return {
        "type": "card",
        "card": {
            "brand": method["card"]["brand"],
            "case_type": "inquiry" if dispute.is_inquiry else "chargeback",
            "network": method["card"]["brand"],
            "network_reason_code": _reason_code(dispute),
        },
    }
