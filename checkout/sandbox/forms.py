"""The pay page's form: who pays, and with which test card. Errors carry Stripe's codes."""

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from checkout.sandbox.cards import BY_NUMBER, Card, passes_luhn
from checkout.sandbox.models import CheckoutSession
from checkout.sandbox.payments import Purchase

# Browsers are asked not to offer what they remember: the cards they know are real ones.
_NO_REAL_CARDS = {"autocomplete": "off"}


class PayForm(forms.Form):
    """What a buyer fills in. A session that costs nothing asks for no card."""

    use_required_attribute = False  # our own sentences say more than the browser's bubbles

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        error_messages={
            "required": "Enter your e-mail address.",
            "invalid": "Enter an e-mail address like name@example.com.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    number = forms.CharField(
        label="Card number",
        required=False,  # an empty one is incomplete, by Stripe’s codes
        max_length=40,
        help_text="One of the test cards. Never a real one.",
        widget=forms.TextInput(
            attrs={**_NO_REAL_CARDS, "inputmode": "numeric", "placeholder": "4242 4242 4242 4242"}
        ),
    )
    expiry = forms.CharField(
        label="Expires",
        required=False,
        max_length=9,
        help_text="Any month to come.",
        widget=forms.TextInput(
            attrs={**_NO_REAL_CARDS, "inputmode": "numeric", "placeholder": "MM / YY"}
        ),
    )
    cvc = forms.CharField(
        label="Security code",
        required=False,
        max_length=10,
        help_text="Any three digits.",
        widget=forms.TextInput(
            attrs={**_NO_REAL_CARDS, "inputmode": "numeric", "placeholder": "CVC"}
        ),
    )
    name = forms.CharField(
        label="Name on the card",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, *args: Any, session: CheckoutSession, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.given_email = session.given_email
        if session.given_email:
            # Not disabled, which would hide it from the keyboard and from screen readers.
            self.fields["email"].widget.attrs["readonly"] = True
            self.fields["email"].required = False
            self.initial["email"] = session.given_email
        if session.amount_total == 0:
            for name in ("number", "expiry", "cvc"):
                del self.fields[name]
            self.fields["name"].label = "Name"

    def clean_email(self) -> str:
        """Return the address the shop gave, if it gave one, and else the one that was typed."""
        return self.given_email or str(self.cleaned_data["email"])

    def clean_number(self) -> Card:
        """Return the test card that has the number."""
        number = re.sub(r"[\s-]", "", self.cleaned_data["number"])
        if not re.fullmatch(r"[0-9]{12,19}", number):
            raise ValidationError(
                "Enter the whole number of a test card.", code="incomplete_number"
            )
        if not passes_luhn(number):
            raise ValidationError(
                "Your card number is incorrect. Is a digit mistyped?", code="incorrect_number"
            )
        if number not in BY_NUMBER:
            raise ValidationError(
                "Only test cards work here. Please never type a real card number into this page.",
                code="test_mode_live_card",
            )
        return BY_NUMBER[number]

    def clean_expiry(self) -> date:
        """Return the first day of the card's last month."""
        found = re.fullmatch(
            r"([0-9]{1,2})\s*[/ -]\s*([0-9]{4}|[0-9]{2})|([0-9]{2})([0-9]{2})",
            self.cleaned_data["expiry"].strip(),
        )
        if not found:
            raise ValidationError(
                "Enter the month and the year, such as 04 / 34.", code="incomplete_expiry"
            )
        month, year = int(found[1] or found[3]), int(found[2] or found[4])
        year += 2000 if year < 100 else 0
        if not 1 <= month <= 12:
            raise ValidationError(
                "Your card’s expiration month is invalid: there are twelve.",
                code="invalid_expiry_month",
            )
        return _still_valid(year, month)

    def clean_cvc(self) -> str:
        """Return the security code, if it can be one."""
        cvc: str = self.cleaned_data["cvc"].strip()
        card = self.cleaned_data.get("number")
        lengths = {card.cvc_length} if isinstance(card, Card) else {3, 4}
        if not re.fullmatch(r"[0-9]+", cvc) or len(cvc) not in lengths:
            digits = " or ".join(str(length) for length in sorted(lengths))
            raise ValidationError(
                f"Your card’s security code is invalid: it has {digits} digits."
                if cvc
                else "Enter the card’s security code.",
                code="invalid_cvc" if cvc else "incomplete_cvc",
            )
        return cvc

    def as_purchase(self) -> Purchase:
        """Return what was filled in, once it is valid."""
        filled = self.cleaned_data
        return Purchase(
            email=filled["email"],
            name=filled["name"],
            card=filled.get("number"),
            expiry=filled.get("expiry"),
        )

    def forget_unknown_number(self) -> None:
        """Do not show again what was typed as a number, if it might be a real card's."""
        if self.has_error("number", "test_mode_live_card"):
            self.data = {"email": self.data.get("email"), "expiry": self.data.get("expiry")}


def _still_valid(year: int, month: int) -> date:
    today = timezone.now().date()
    if not today.year <= year <= today.year + 50:
        raise ValidationError(
            "Your card’s expiration year is in the past."
            if year < today.year
            else "Your card’s expiration year is invalid: it is too far away.",
            code="invalid_expiry_year",
        )
    if (year, month) < (today.year, today.month):
        raise ValidationError("Your card has expired.", code="invalid_expiry_month")
    return date(year, month, 1)
