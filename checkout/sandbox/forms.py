"""The pay page's form: who pays, and with what. Errors carry Stripe's codes."""

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from checkout.sandbox.bank_fields import MAY_BE_REAL, BankFields
from checkout.sandbox.cards import BY_NUMBER, Card, passes_luhn
from checkout.sandbox.methods import ACH, CARD, SEPA
from checkout.sandbox.models import CheckoutSession
from checkout.sandbox.payments import Purchase

# Browsers are asked not to offer what they remember: the cards they know are real ones.
_NO_REAL_CARDS = {"autocomplete": "off"}

_LABELS = {CARD: "Card", SEPA: "SEPA Direct Debit", ACH: "US bank account"}
_FIELDS = {
    CARD: ("number", "expiry", "cvc", "name"),
    SEPA: ("iban", "holder"),
    ACH: ("routing_number", "account_number", "holder"),
}


class PayForm(BankFields):
    """What a buyer fills in. A session that costs nothing asks for neither card nor account."""

    field_order = ("email",)
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
        self._offer(session.method_types if session.amount_total else [])

    @property
    def chosen(self) -> str:
        """Return Stripe's name of the way to pay; empty if there is nothing to pay."""
        value = self["method"].value() if "method" in self.fields else ""
        return value if value in self._offered else next(iter(self._offered), "")

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

    def clean(self) -> None:
        """Overlook what was filled in for a way to pay that was not chosen."""
        for name in self._unchosen:
            self.errors.pop(name, None)
            self.cleaned_data.pop(name, None)

    def as_purchase(self) -> Purchase:
        """Return what was filled in, once it is valid."""
        filled = self.cleaned_data
        return Purchase(
            email=filled["email"],
            name=filled.get("holder") or filled.get("name", ""),
            card=filled.get("number"),
            expiry=filled.get("expiry"),
            account=filled.get("iban") or filled.get("account_number"),
        )

    def forget_what_may_be_real(self) -> None:
        """Do not show again what was typed as a number, if it might be somebody's.

        Nobody has looked at what was filled in for another way to pay, so it is forgotten too.
        """
        forgotten = set(self._unchosen)
        if any(MAY_BE_REAL in codes or "test_mode_live_card" in codes for codes in self._codes()):
            forgotten |= set(_FIELDS[self.chosen])
        self.data = {name: self.data[name] for name in self.data if name not in forgotten}

    def _offer(self, methods: list[str]) -> None:
        """Keep the fields of these ways to pay, and of a choice if there is one."""
        self._offered = methods
        kept = {"email", *(name for method in methods for name in _FIELDS[method])}
        if not methods:
            kept.add("name")
            self.fields["name"].label = "Name"
        if len(methods) > 1:
            self.fields["method"] = _choice_of(methods)
            self.initial = {"method": methods[0], **self.initial}
        for name in set(self.fields) - kept - {"method"}:
            del self.fields[name]

    @property
    def _unchosen(self) -> list[str]:
        chosen = _FIELDS.get(self.chosen, ())
        return [name for each in self._offered for name in _FIELDS[each] if name not in chosen]

    def _codes(self) -> list[set[str | None]]:
        return [{error.code for error in errors} for errors in self.errors.as_data().values()]


def _choice_of(methods: list[str]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Pay with",
        required=False,
        choices=[(method, _LABELS[method]) for method in methods],
        error_messages={"invalid_choice": "Choose how you pay."},
        widget=forms.RadioSelect,
    )


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
