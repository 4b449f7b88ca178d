"""Balance transactions, in Stripe's shape."""

from functools import partial

from checkout.sandbox.expansion import Expandable, Json
from checkout.sandbox.models import BalanceTransaction, Charge, Dispute, Refund

# Modules, not their names: charges, refunds, disputes and balance transactions tell of each other.
from checkout.sandbox.objects import dispute, payment, refund


def balance_object(moved: BalanceTransaction) -> Json:
    """Return the balance transaction."""
    return {
        "id": moved.id,
        "object": "balance_transaction",
        "amount": moved.amount,
        "available_on": int(moved.available_on.timestamp()),
        "balance_type": "payments",
        "created": int(moved.created_at.timestamp()),
        "currency": moved.currency,
        "description": moved.description or None,
        "exchange_rate": None,
        "fee": moved.fee,
        "fee_details": _fee_details(moved),
        "net": moved.net,
        "reporting_category": moved.reporting_category,
        "source": Expandable(id=moved.source, load=partial(_source, moved)),
        "status": "available" if moved.is_available else "pending",
        "type": moved.type,
    }


def balance_place(moved: BalanceTransaction | None) -> Expandable:
    """Return the place of a balance transaction, if there is one."""
    if moved is None:
        return Expandable()
    return Expandable(id=moved.pk, load=partial(balance_object, moved))


def _fee_details(moved: BalanceTransaction) -> list[Json]:
    if not moved.fee:
        return []
    return [
        {
            "amount": moved.fee,
            "application": None,
            "currency": moved.currency,
            "description": moved.fee_description,
            "type": "stripe_fee",
        }
    ]


def _source(moved: BalanceTransaction) -> Json:
    match moved.source.partition("_")[0]:
        case "re" | "pyr":
            return refund.refund_object(Refund.objects.get(pk=moved.source))
        case "du":
            return dispute.dispute_object(Dispute.objects.get(pk=moved.source))
        case _:
            return payment.charge_object(Charge.objects.get(pk=moved.source))
