"""Finding and locking the charges that money is to be given back of."""

from typing import Any

from checkout.sandbox import errors
from checkout.sandbox.models import Charge, ChargeStatus, PaymentIntent


def lock(charge_id: str) -> Charge:
    """Return the charge under a lock.

    Everything about refunds and disputes happens under it, so that of two refunds at once the
    second finds what the first one has left. Their own rows are read after it, never before.
    """
    return Charge.objects.locked().get(pk=charge_id)


def to_refund(params: dict[str, Any]) -> str:
    """Return the id of the charge that is meant; raise ``ApiError`` if none has succeeded."""
    if "charge" in params:
        charge = Charge.objects.filter(pk=params["charge"]).first()
        if charge is None:
            raise errors.missing_resource("charge", params["charge"], param="id")
        intent_id = charge.payment_intent_id
        if params.get("payment_intent", intent_id) != intent_id:
            raise errors.refused(
                f"The charge {charge.pk} does not belong to {params['payment_intent']}.",
                param="payment_intent",
            )
    elif "payment_intent" in params:
        intent_id = params["payment_intent"]
        charge = _succeeded_of(intent_id)
    else:
        raise errors.ApiError(
            "One of the following params should be provided for this request: "
            "payment_intent or charge."
        )
    if charge is None or not charge.has_succeeded:
        raise errors.refused(
            f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
        )
    return charge.pk


def _succeeded_of(intent_id: str) -> Charge | None:
    intent = PaymentIntent.objects.filter(pk=intent_id).first()
    if intent is None:
        raise errors.missing_resource("payment_intent", intent_id, param="payment_intent")
    return intent.charges.filter(status=ChargeStatus.SUCCEEDED).first()
