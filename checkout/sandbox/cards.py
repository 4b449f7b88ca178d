"""The test cards: their numbers, and what happens when one pays with them.

Source: Stripe, "Test card numbers". Any other number is refused before anything is stored.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from hashlib import sha256
from typing import Any

from checkout.sandbox import ids


@dataclass(frozen=True, kw_only=True)
class Decline:
    """Why a bank does not pay, in Stripe's codes and in words for the buyer."""

    code: str
    message: str
    decline_code: str = ""
    is_blocked: bool = False  # by Stripe's own judgment, so that no bank was asked

    def as_error(self) -> dict[str, Any]:
        """Return it as the error of a payment intent."""
        error = {"type": "card_error", "code": self.code, "message": self.message}
        return error | ({"decline_code": self.decline_code} if self.decline_code else {})


class Aftermath(Enum):
    """What becomes of a payment after it has worked."""

    FRAUD_DISPUTE = "fraud_dispute"
    NOT_RECEIVED_DISPUTE = "not_received_dispute"
    INQUIRY = "inquiry"
    FRAUD_WARNING = "fraud_warning"
    SLOW_REFUND = "slow_refund"
    BOUNCED_REFUND = "bounced_refund"


@dataclass(frozen=True, kw_only=True)
class Card:
    """One test card. ``about`` says to people what it does."""

    number: str
    about: str
    brand: str = "visa"
    is_challenged: bool = False
    decline: Decline | None = None
    aftermath: Aftermath | None = None

    @property
    def spaced(self) -> str:
        """Return the number as it is printed on the card."""
        groups = (4, 6, 5) if self.brand == "amex" else (4, 4, 4, 4)
        ends = [sum(groups[: index + 1]) for index in range(len(groups))]
        return " ".join(
            self.number[end - size : end] for end, size in zip(ends, groups, strict=True)
        )

    @property
    def cvc_length(self) -> int:
        """Return how many digits its security code has."""
        return 4 if self.brand == "amex" else 3


def _declined(decline_code: str, message: str = "Your card was declined.") -> Decline:
    return Decline(code="card_declined", decline_code=decline_code, message=message)


NOT_AUTHENTICATED = Decline(
    code="payment_intent_authentication_failure",
    message="We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again.",
)
INSUFFICIENT_FUNDS = _declined("insufficient_funds", "Your card has insufficient funds.")

CARDS = (
    Card(number="4242424242424242", about="Pays."),
    Card(number="5555555555554444", about="Pays (Mastercard).", brand="mastercard"),
    Card(number="378282246310005", about="Pays (American Express).", brand="amex"),
    Card(number="4000002500003155", about="Asks the bank first.", is_challenged=True),
    Card(number="4000002760003184", about="Always asks the bank first.", is_challenged=True),
    Card(
        number="4000000000003220", about="Asks the bank first (3-D Secure 2).", is_challenged=True
    ),
    Card(
        number="4000008400001629",
        about="Asks the bank, is then declined.",
        is_challenged=True,
        decline=_declined("generic_decline"),
    ),
    Card(
        number="4000008260003178",
        about="Asks the bank, then has insufficient funds.",
        is_challenged=True,
        decline=INSUFFICIENT_FUNDS,
    ),
    Card(
        number="4000008400001280",
        about="Cannot reach the bank, is declined.",
        decline=_declined("generic_decline"),
    ),
    Card(number="4000000000000002", about="Declined.", decline=_declined("generic_decline")),
    Card(number="4000000000009995", about="Insufficient funds.", decline=INSUFFICIENT_FUNDS),
    Card(number="4000000000009987", about="Declined as lost.", decline=_declined("lost_card")),
    Card(number="4000000000009979", about="Declined as stolen.", decline=_declined("stolen_card")),
    Card(
        number="4000000000000069",
        about="Declined as expired.",
        decline=Decline(code="expired_card", message="Your card has expired."),
    ),
    Card(
        number="4000000000000127",
        about="Wrong security code.",
        decline=Decline(code="incorrect_cvc", message="Your card’s security code is incorrect."),
    ),
    Card(
        number="4000000000000119",
        about="Processing error.",
        decline=Decline(
            code="processing_error",
            message="An error occurred while processing your card. Try again in a little bit.",
        ),
    ),
    Card(
        number="4000000000000341",
        about="Is accepted, but cannot be charged.",
        decline=_declined("generic_decline"),
    ),
    Card(
        number="4100000000000019",
        about="Blocked as too risky.",
        decline=Decline(
            code="card_declined",
            decline_code="fraudulent",
            message="Your card was declined.",
            is_blocked=True,
        ),
    ),
    Card(
        number="4000000000000259",
        about="Pays, is then disputed as fraud.",
        aftermath=Aftermath.FRAUD_DISPUTE,
    ),
    Card(
        number="4000000000002685",
        about="Pays, is then disputed as not received.",
        aftermath=Aftermath.NOT_RECEIVED_DISPUTE,
    ),
    Card(
        number="4000000000001976",
        about="Pays, then its bank inquires.",
        aftermath=Aftermath.INQUIRY,
    ),
    Card(
        number="4000000000005423",
        about="Pays, then its bank warns of fraud.",
        aftermath=Aftermath.FRAUD_WARNING,
    ),
    Card(
        number="4000000000007726",
        about="Pays. A refund takes some seconds.",
        aftermath=Aftermath.SLOW_REFUND,
    ),
    Card(
        number="4000000000005126",
        about="Pays. A refund comes back after some seconds.",
        aftermath=Aftermath.BOUNCED_REFUND,
    ),
)
BY_NUMBER = {card.number: card for card in CARDS}
# A misprint of 4242…, to see what a mistyped number does.
MISTYPED_NUMBER = "4242424242424241"


def passes_luhn(number: str) -> bool:
    """Say whether the check digit of a card number is right."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def card_method(card: Card, *, expiry: date, email: str, name: str) -> dict[str, Any]:
    """Return a payment method in Stripe's shape. ``expiry`` is a day in the card's last month."""
    return {
        "id": ids.new_id("pm_"),
        "type": "card",
        "billing_details": {
            "address": dict.fromkeys(["city", "country", "line1", "line2", "postal_code", "state"]),
            "email": email,
            "name": name or None,
            "phone": None,
            "tax_id": None,
        },
        "card": {
            "brand": card.brand,
            "country": "US",
            "exp_month": expiry.month,
            "exp_year": expiry.year,
            "fingerprint": sha256(card.number.encode()).hexdigest()[:16],
            "funding": "credit",
            "last4": card.number[-4:],
        },
    }
