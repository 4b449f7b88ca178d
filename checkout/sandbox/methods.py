"""Ways to pay: by card in every currency, and by a debit of the bank account in some.

Source: Stripe, "Dynamic payment methods", and the bank debits' own pages for the currencies.
"""

from typing import Any

CARD = "card"
SEPA = "sepa_debit"
ACH = "us_bank_account"

_DEBITS = {"eur": SEPA, "usd": ACH}


def offered(currency: str, asked: dict[str, Any]) -> list[str]:
    """Return Stripe's names of the ways to pay that ``asked`` leaves, the usual one first."""
    ways = [CARD, *([_DEBITS[currency]] if currency in _DEBITS else [])]
    allowed = asked.get("allowed_payment_method_types") or ways
    excluded = asked.get("excluded_payment_method_types") or []
    return [way for way in ways if way in allowed and way not in excluded]
