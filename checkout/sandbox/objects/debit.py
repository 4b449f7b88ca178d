"""Bank debits, in Stripe's shape: the parts of payment methods, charges and options."""

from checkout.sandbox.expansion import Json
from checkout.sandbox.methods import ACH, SEPA
from checkout.sandbox.models import Charge

# What a session and an intent say about debits that are offered.
DEBIT_OPTIONS: dict[str, Json] = {SEPA: {}, ACH: {"verification_method": "automatic"}}

_ONLY_METHODS_HAVE: dict[str, Json] = {
    SEPA: {"generated_from": {"charge": None, "setup_attempt": None}},
    ACH: {
        "financial_connections_account": None,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "status_details": None,
    },
}


def debit_of_method(kind: str, bank: Json) -> Json:
    """Return the part of a payment method that tells of the bank account."""
    return {**bank, **_ONLY_METHODS_HAVE[kind]}


def debit_of_charge(charge: Charge) -> Json:
    """Return the details of how a charge is paid."""
    kind = charge.payment_method["type"]
    reference = charge.id.partition("_")[2]
    details = {
        **charge.payment_method[kind],
        "expected_debit_date": None,
        # The consent that the buyer gave by paying. There is no more to it than its id.
        "mandate": f"mandate_{reference}",
    }
    if kind == ACH:
        details["payment_reference"] = reference[:15].upper()
    return {"type": kind, kind: details}
