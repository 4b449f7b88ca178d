"""What can be switched, as forms: the control page posts them, and the JSON API checks by them.

Each form has ``perform``, which does what it asks for and returns a sentence that says so.
"""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from checkout.sandbox import faults, webhooks
from checkout.sandbox.models import Fault, SaleFault, Switches
from checkout.sandbox.models.fault import ANY_CALL, LONGEST_WAIT
from checkout.sandbox.webhooks import Order

DAY = 24 * 60 * 60  # seconds
TEN_YEARS = 3650 * DAY
LARGEST_AMOUNT = 999_999_999_999  # Stripe's largest, of rupiahs


def _calls() -> list[tuple[str, str]]:
    return [(ANY_CALL, "Any"), *((name, name) for name in faults.known_calls())]


class FaultForm(forms.Form):
    """Breaks calls of the API."""

    call = forms.ChoiceField(label="Which call", initial=ANY_CALL, choices=_calls)
    fault = forms.ChoiceField(label="What happens", choices=Fault.choices)
    times = forms.IntegerField(
        label="How many times",
        required=False,
        min_value=1,
        max_value=1000,
        help_text="The shop repeats a call once by itself. Empty: until it is switched off.",
    )
    seconds = forms.FloatField(
        label="Seconds to wait",
        required=False,
        min_value=0,
        max_value=LONGEST_WAIT,
        help_text="Before the connection ends or the late answer comes. The shop waits for 12.",
    )

    def perform(self) -> str:
        """Switch the fault on."""
        wanted = self.cleaned_data
        fault = Fault(wanted["fault"])
        faults.switch_on(
            wanted["call"], fault, times=wanted["times"], seconds=wanted["seconds"] or 0
        )
        return f"Switched on: {fault.label}."


class PaymentFaultForm(forms.Form):
    """Takes something else than was asked."""

    fault = forms.ChoiceField(label="What is wrong", choices=SaleFault.choices)
    amount = forms.IntegerField(
        label="Amount",
        required=False,
        min_value=1,
        max_value=LARGEST_AMOUNT,
        help_text="In cents, or the currency’s smallest unit. Empty: one more than asked.",
    )
    currency = forms.CharField(
        label="Currency",
        required=False,
        validators=[RegexValidator(r"\A[a-z]{3}\Z", "Enter three small letters, such as eur.")],
        help_text="Three small letters. Empty: eur, or usd instead of eur.",
    )
    times = forms.IntegerField(
        label="How many payments", required=False, initial=1, min_value=1, max_value=1000
    )

    def perform(self) -> str:
        """Switch the fault on."""
        wanted = self.cleaned_data
        faults.switch_on_payment(
            SaleFault(wanted["fault"]),
            times=wanted["times"],
            amount=wanted["amount"],
            currency=wanted["currency"],
        )
        return f"Switched on: {SaleFault(wanted['fault']).label}."


class SwitchesForm(forms.ModelForm):  # type: ignore[type-arg]
    """Breaks webhooks, until they are switched back."""

    delay = forms.IntegerField(
        label="Late by",
        min_value=0,
        max_value=DAY,
        help_text="Seconds between what happens and its delivery.",
    )
    copies = forms.IntegerField(
        label="Copies of each",
        min_value=1,
        max_value=20,
        help_text="With more than one, the same event is delivered several times at once.",
    )
    timestamp_shift = forms.IntegerField(
        label="Signed when",
        min_value=-TEN_YEARS,
        max_value=TEN_YEARS,
        help_text="Seconds from now. −600 looks like a replayed capture, 600 comes early.",
    )

    class Meta:
        model = Switches
        fields = (
            "is_holding",
            "is_dropping",
            "is_telling_twice",
            "is_livemode_wrong",
            "delay",
            "copies",
            "signature",
            "timestamp_shift",
            "api_version",
            "account",
        )
        labels = {
            "is_holding": "Hold them",
            "is_dropping": "Lose them",
            "is_telling_twice": "Two events of each change",
            "is_livemode_wrong": "Say that it is real money",
            "signature": "Signature",
            "api_version": "API version",
            "account": "Connected account",
        }
        help_texts = {
            "is_holding": "Events are written, and wait until you release them.",
            "is_dropping": "They never arrive, but the list of events knows of them.",
            "is_telling_twice": "Both are true, and each has an id of its own.",
            "is_livemode_wrong": "Events say livemode: true, which this shop is not in.",
            "signature": "How deliveries are signed.",
            "api_version": "The version that events are said to have. Empty: the right one.",
            "account": "An id such as acct_1, as Connect’s events carry. Empty: none.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["instance"] = Switches.current()
        super().__init__(*args, **kwargs)

    def perform(self) -> str:
        """Switch what was changed."""
        webhooks.switch(**{name: self.cleaned_data[name] for name in self.changed_data})
        return "Webhooks are switched as you asked."


class ClockForm(forms.Form):
    """Shifts the sandbox's clock."""

    seconds = forms.IntegerField(
        label="Seconds ahead",
        min_value=-TEN_YEARS,
        max_value=TEN_YEARS,
        help_text="−600 is ten minutes behind the shop’s clock.",
    )

    def perform(self) -> str:
        """Shift it."""
        webhooks.shift_clock(self.cleaned_data["seconds"])
        return "The clock is set."


class ReleaseForm(forms.Form):
    """Delivers what was held."""

    order = forms.ChoiceField(
        label="Order",
        initial=Order.WRITTEN.value,
        choices=[
            (Order.WRITTEN.value, "As it happened"),
            (Order.REVERSED.value, "The last one first"),
            (Order.RANDOM.value, "At random"),
        ],
    )

    def perform(self) -> str:
        """Release it."""
        count = webhooks.release(Order(self.cleaned_data["order"]))
        return f"Released: {count}." if count else "Nothing was held."


class SecretForm(forms.Form):
    """Rolls the secret that signs webhooks."""

    is_restored = forms.BooleanField(required=False)
    active_for = forms.IntegerField(
        label="Keep the old one for",
        required=False,
        min_value=0,
        max_value=DAY,
        initial=webhooks.ACTIVE_FOR,
        help_text="Seconds in which both sign. Then the shop, which has the old one, refuses.",
    )

    def perform(self) -> str:
        """Roll it, or take that back."""
        if self.cleaned_data["is_restored"]:
            webhooks.restore_secret()
            return "The shop’s own secret signs again."
        active_for = self.cleaned_data["active_for"]
        webhooks.roll_secret(active_for=webhooks.ACTIVE_FOR if active_for is None else active_for)
        return "A new secret signs now."


class EndpointForm(forms.Form):
    """Disables the shop's endpoint, or enables it."""

    disabled = forms.BooleanField(required=False)

    def perform(self) -> str:
        """Disable or enable it."""
        if self.cleaned_data["disabled"]:
            webhooks.disable()
            return "The shop’s endpoint is disabled."
        webhooks.enable()
        return "The shop’s endpoint is enabled."


class TellingForm(forms.Form):
    """Tells the shop of something that is not its own."""

    about = forms.ChoiceField(
        choices=[
            ("unknown_session", "A session of another application"),
            ("unknown_type", "An event of a type to come"),
        ]
    )

    def perform(self) -> str:
        """Tell it."""
        if self.cleaned_data["about"] == "unknown_session":
            event = webhooks.tell_of_unknown_session()
        else:
            event = webhooks.tell_of_unknown_type()
        return f"Sent: {event.type}."


FORMS: dict[str, type[Any]] = {
    "faults": FaultForm,
    "payments": PaymentFaultForm,
    "webhooks": SwitchesForm,
    "clock": ClockForm,
    "releases": ReleaseForm,
    "secret": SecretForm,
    "endpoint": EndpointForm,
    "tellings": TellingForm,
}
