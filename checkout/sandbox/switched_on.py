"""What is switched on now, in sentences."""

from dataclasses import dataclass

from checkout.sandbox.models import (
    ApiFault,
    EndpointStatus,
    PaymentFault,
    Signature,
    Switches,
    WebhookEndpoint,
)


@dataclass(frozen=True, kw_only=True)
class SwitchedOn:
    """One switch that is on; those with a ``fault_id`` can be switched off by themselves."""

    sentence: str
    fault_id: int | None = None


def switched_on() -> list[SwitchedOn]:
    """Return all that is on."""
    return [
        *(SwitchedOn(sentence=_of_call(fault), fault_id=fault.pk) for fault in _calls()),
        *(SwitchedOn(sentence=_of_payment(fault)) for fault in PaymentFault.objects.all()),
        *(SwitchedOn(sentence=sentence) for sentence in _of_webhooks(Switches.current())),
        *(SwitchedOn(sentence=sentence) for sentence in _of_endpoint()),
    ]


def _calls() -> list[ApiFault]:
    return list(ApiFault.objects.all())


def _of_call(fault: ApiFault) -> str:
    call = "Any call" if fault.call == "*" else fault.call
    label = fault.get_fault_display()
    wait = f", after {fault.seconds:g} s" if fault.seconds else ""
    return f"{call}: {label[0].lower()}{label[1:]}{wait} ({_times(fault.times_left)})"


def _of_payment(fault: PaymentFault) -> str:
    what = fault.amount if fault.amount is not None else fault.currency
    details = f" ({what})" if what else ""
    return f"Payments: {fault.get_fault_display().lower()}{details} ({_times(fault.times_left)})"


def _times(times: int | None) -> str:
    if times is None:
        return "until it is switched off"
    return "once" if times == 1 else f"{times} times"


def _of_webhooks(switches: Switches) -> list[str]:
    said = {
        "Webhooks are held": switches.is_holding,
        "Webhooks are lost": switches.is_dropping,
        f"Webhooks are {switches.delay} seconds late": switches.delay,
        f"Each webhook is delivered {switches.copies} times": switches.copies > 1,
        "Each change makes two events": switches.is_telling_twice,
        f"The signature is {switches.get_signature_display().lower()}": (
            switches.signature != Signature.GOOD
        ),
        f"Webhooks are signed {_shift(switches.timestamp_shift)}": switches.timestamp_shift,
        "Webhooks say that it is real money": switches.is_livemode_wrong,
        f"Webhooks come from the account {switches.account}": switches.account,
        f"Webhooks have the API version {switches.api_version}": switches.api_version,
        f"The sandbox’s clock is {_shift(switches.clock_shift)}": switches.clock_shift,
    }
    return [sentence for sentence, is_on in said.items() if is_on]


def _shift(seconds: int) -> str:
    return f"{abs(seconds)} seconds {'ahead' if seconds > 0 else 'behind'}"


def _of_endpoint() -> list[str]:
    endpoint = WebhookEndpoint.objects.shops()
    said = {
        "The shop’s endpoint is disabled": endpoint.status == EndpointStatus.DISABLED,
        "The shop’s endpoint is deleted": endpoint.status == EndpointStatus.DELETED,
        "A new secret signs, and the old one too": endpoint.secret and endpoint.is_rolling,
        "A new secret signs that the shop does not have": (
            endpoint.secret and not endpoint.is_rolling
        ),
    }
    return [sentence for sentence, is_on in said.items() if is_on]
