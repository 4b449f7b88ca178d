"""What a buyer fills in who pays from a bank account. Errors carry codes in Stripe's manner."""

import re

from django import forms
from django.core.exceptions import ValidationError

from checkout.sandbox.accounts import BY_NUMBER, ROUTING_NUMBER, Account, passes_mod_97
from checkout.sandbox.methods import ACH, SEPA

# The error of a number that might be somebody's.
MAY_BE_REAL = "test_mode_live_account"
# Browsers are asked not to offer what they remember: the accounts they know are real ones.
_NO_REAL_ACCOUNTS = {"autocomplete": "off", "spellcheck": "false"}


class BankFields(forms.Form):
    """The fields of both bank debits; a form keeps those of its currency."""

    iban = forms.CharField(
        label="IBAN",
        required=False,
        max_length=60,
        help_text="One of the test accounts. Never a real one.",
        widget=forms.TextInput(
            attrs={
                **_NO_REAL_ACCOUNTS,
                "autocapitalize": "characters",
                "placeholder": "AT61 1904 3002 3457 3201",
            }
        ),
    )
    routing_number = forms.CharField(
        label="Routing number",
        required=False,
        max_length=20,
        help_text=f"Always {ROUTING_NUMBER} here.",
        widget=forms.TextInput(
            attrs={**_NO_REAL_ACCOUNTS, "inputmode": "numeric", "placeholder": ROUTING_NUMBER}
        ),
    )
    account_number = forms.CharField(
        label="Account number",
        required=False,
        max_length=30,
        help_text="One of the test accounts.",
        widget=forms.TextInput(
            attrs={**_NO_REAL_ACCOUNTS, "inputmode": "numeric", "placeholder": "000123456789"}
        ),
    )
    holder = forms.CharField(
        label="Name on the account",
        max_length=200,
        error_messages={"required": "Enter the name of the account’s holder."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def clean_iban(self) -> Account:
        """Return the test account that has the IBAN."""
        iban = re.sub(r"[\s-]", "", self.cleaned_data["iban"]).upper()
        if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
            raise ValidationError(
                "Enter the whole IBAN of a test account: two letters, then digits.",
                code="incomplete_iban",
            )
        if not passes_mod_97(iban):
            raise ValidationError(
                "Your IBAN is incorrect. Is a digit mistyped?", code="invalid_iban"
            )
        return _test_account(iban, kind=SEPA)

    def clean_routing_number(self) -> str:
        """Return the routing number of Stripe's test bank, the only one there is."""
        routing_number = re.sub(r"[\s-]", "", self.cleaned_data["routing_number"])
        if not re.fullmatch(r"[0-9]{9}", routing_number):
            raise ValidationError(
                "Enter the routing number: it has nine digits.", code="invalid_routing_number"
            )
        if routing_number != ROUTING_NUMBER:
            raise ValidationError(
                f"Only the test bank works here: its routing number is {ROUTING_NUMBER}.",
                code=MAY_BE_REAL,
            )
        return routing_number

    def clean_account_number(self) -> Account:
        """Return the test account that has the number."""
        number = re.sub(r"[\s-]", "", self.cleaned_data["account_number"])
        if not re.fullmatch(r"[0-9]{4,17}", number):
            raise ValidationError(
                "Enter the whole number of a test account.", code="incomplete_account_number"
            )
        return _test_account(number, kind=ACH)


def _test_account(number: str, *, kind: str) -> Account:
    account = BY_NUMBER.get(number)
    if account is None or account.kind != kind:
        raise ValidationError(
            "Only test accounts work here. Please never type a real account into this page.",
            code=MAY_BE_REAL,
        )
    return account
