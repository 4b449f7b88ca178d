"""The test bank accounts: their numbers, and what their banks answer to a debit.

Sources: Stripe, "Accept a SEPA Direct Debit payment", test IBANs, and "Accept an ACH Direct Debit
payment", test account numbers. Any other number is refused before anything is stored.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from checkout.sandbox import ids
from checkout.sandbox.methods import ACH, SEPA

# Seconds until a bank answers. Real ones take days; Stripe's slow test accounts take three minutes.
SOON = 10
LATE = 180

ROUTING_NUMBER = "110000000"
# A misprint of AT61 1904 …, to see what a mistyped IBAN does.
MISTYPED_IBAN = "AT611904300234573210"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a bank does not pay, in Stripe's codes and words."""

    code: str
    message: str

    def as_error(self) -> dict[str, Any]:
        """Return it as the error of a payment intent."""
        return {"type": "invalid_request_error", "code": self.code, "message": self.message}


@dataclass(frozen=True, kw_only=True)
class Account:
    """One test account. ``about`` says to people what its bank answers.

    ``answers_in`` is in seconds, ``None`` if the bank is never heard of. ``aftermath`` names what
    follows a debit that was paid.
    """

    number: str
    about: str
    kind: str = SEPA
    answers_in: int | None = SOON
    refusal: Refusal | None = None
    aftermath: str = ""

    @property
    def spaced(self) -> str:
        """Return the number as people write it: an IBAN in groups of four."""
        if self.kind == ACH:
            return self.number
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))


NOT_PAID = Refusal(code="payment_intent_payment_attempt_failed", message="The payment failed.")
INSUFFICIENT_FUNDS = Refusal(
    code="insufficient_funds",
    message="The customer's account has insufficient funds to cover this payment.",
)
SEPA_ACCOUNTS = (
    Account(number="AT611904300234573201", about="Pays."),
    Account(number="AT321904300235473204", about="Pays after three minutes.", answers_in=LATE),
    Account(number="AT861904300235473202", about="Does not pay.", refusal=NOT_PAID),
    Account(
        number="AT051904300235473205",
        about="Does not pay, after three minutes.",
        answers_in=LATE,
        refusal=NOT_PAID,
    ),
    Account(number="AT591904300235473203", about="Pays, then disputes it.", aftermath="dispute"),
    Account(number="AT981904300002222227", about="Insufficient funds.", refusal=INSUFFICIENT_FUNDS),
    Account(
        number="AT981904300000343434",
        about="Exceeds what may be paid in a week.",
        refusal=Refusal(
            code="charge_exceeds_source_limit",
            message="This payment would cause you to exceed your rolling-window processing limit "
            "for this source type.",
        ),
    ),
    Account(
        number="AT601904300000121212",
        about="Exceeds how often may be paid in a week.",
        refusal=Refusal(
            code="charge_exceeds_weekly_limit",
            message="This payment would exceed the account's weekly limit.",
        ),
    ),
)
ACH_ACCOUNTS = (
    Account(kind=ACH, number="000123456789", about="Pays."),
    Account(
        kind=ACH,
        number="000222222227",
        about="Insufficient funds.",
        refusal=INSUFFICIENT_FUNDS,
    ),
    Account(
        kind=ACH,
        number="000111111113",
        about="The account is closed.",
        refusal=Refusal(
            code="account_closed", message="The customer's bank account has been closed."
        ),
    ),
    Account(
        kind=ACH,
        number="000111111116",
        about="There is no such account.",
        refusal=Refusal(
            code="no_account", message="The customer's bank account could not be located."
        ),
    ),
    Account(
        kind=ACH,
        number="000333333335",
        about="Debits are not authorized.",
        refusal=Refusal(
            code="debit_not_authorized",
            message="The customer has notified their bank that this payment was unauthorized.",
        ),
    ),
    Account(kind=ACH, number="000555555559", about="Pays, then disputes it.", aftermath="dispute"),
    Account(kind=ACH, number="000000000009", about="Is never heard of again.", answers_in=None),
)
BY_NUMBER = {account.number: account for account in SEPA_ACCOUNTS + ACH_ACCOUNTS}


def passes_mod_97(iban: str) -> bool:
    """Say whether the check digits of an IBAN, in capitals and without spaces, are right."""
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def account_method(account: Account, *, email: str, name: str) -> dict[str, Any]:
    """Return a payment method in Stripe's shape."""
    fingerprint = sha256(account.number.encode()).hexdigest()[:16]
    bank = _at_us_bank(account) if account.kind == ACH else _at_sepa_bank(account)
    return {
        "id": ids.new_id("pm_"),
        "type": account.kind,
        "billing_details": {
            "address": dict.fromkeys(["city", "country", "line1", "line2", "postal_code", "state"]),
            "email": email,
            "name": name,
            "phone": None,
            "tax_id": None,
        },
        account.kind: {**bank, "fingerprint": fingerprint, "last4": account.number[-4:]},
    }


def _at_sepa_bank(account: Account) -> dict[str, str]:
    # All are Austrian: a bank's code there has five digits, and branches have none.
    return {
        "bank_code": account.number[4:9],
        "branch_code": "",
        "country": account.number[:2],
    }


def _at_us_bank(account: Account) -> dict[str, str]:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "routing_number": ROUTING_NUMBER,
    }
