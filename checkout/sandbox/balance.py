"""Writing down how money moves, and what Stripe keeps of it.

Sources: Stripe, "Balance transaction types" and "Reporting categories"; Stripe's prices for cards
of the United States. The fee of a payment is not returned with a refund, nor that of a dispute
when it is won.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from checkout.sandbox.models import BalanceTransaction, Charge, Dispute, Refund

PER_MILLE = 29
FIXED_FEE = 30  # in Stripe's units of whatever currency
DISPUTE_FEE = 1500
SETTLES_AFTER = timedelta(days=2)


def fee(amount: int) -> int:
    """Return what a payment costs the shop: 2.9 % and 30, in Stripe's units."""
    return (amount * PER_MILLE + 500) // 1000 + FIXED_FEE


def book_charge(charge: Charge) -> None:
    """Write down the money of a charge that has succeeded, and have the charge name it."""
    is_card = charge.payment_method["type"] == "card"
    charge.balance_transaction = BalanceTransaction.objects.create(
        type="charge" if is_card else "payment",
        reporting_category="charge",
        source=charge.pk,
        currency=charge.currency,
        amount=charge.amount,
        fee=fee(charge.amount),
        fee_description="Stripe processing fees",
        description=_description(charge),
        available_on=_settlement_day(),
    )
    charge.save(update_fields=["balance_transaction"])


def book_refund(refund: Refund) -> BalanceTransaction:
    """Write down money on its way to the buyer."""
    is_card = refund.charge.payment_method["type"] == "card"
    words = _description(refund.charge)
    return BalanceTransaction.objects.create(
        type="refund" if is_card else "payment_refund",
        reporting_category="refund",
        source=refund.pk,
        currency=refund.charge.currency,
        amount=-refund.amount,
        description="REFUND FOR CHARGE" + (f" ({words})" if words else ""),
    )


def book_failed_refund(refund: Refund) -> BalanceTransaction:
    """Write down money that did not arrive, or was called back."""
    return BalanceTransaction.objects.create(
        type="refund_failure",
        reporting_category="refund_failure",
        source=refund.pk,
        currency=refund.charge.currency,
        amount=refund.amount,
        description="REFUND FAILURE",
    )


def book_withdrawal(dispute: Dispute) -> BalanceTransaction:
    """Write down money that a bank takes, with the fee for it."""
    return BalanceTransaction.objects.create(
        type="adjustment",
        reporting_category="dispute",
        source=dispute.pk,
        currency=dispute.charge.currency,
        amount=-dispute.amount,
        fee=DISPUTE_FEE,
        fee_description="Dispute fee",
        description=f"Chargeback withdrawal for {dispute.charge_id}",
    )


def book_reinstatement(dispute: Dispute) -> BalanceTransaction:
    """Write down money that a bank gives back."""
    return BalanceTransaction.objects.create(
        type="adjustment",
        reporting_category="dispute_reversal",
        source=dispute.pk,
        currency=dispute.charge.currency,
        amount=dispute.amount,
        description=f"Chargeback reversal for {dispute.charge_id}",
    )


def _description(charge: Charge) -> str:
    return str(charge.payment_intent.details.get("description", ""))


def _settlement_day() -> datetime:
    day = timezone.now() + SETTLES_AFTER
    return day.replace(hour=0, minute=0, second=0, microsecond=0)
