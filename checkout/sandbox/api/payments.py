"""Payment intents and charges: read."""

from checkout.sandbox import errors
from checkout.sandbox.expansion import Json
from checkout.sandbox.models import Charge, PaymentIntent
from checkout.sandbox.objects import charge_object, intent_object
from checkout.sandbox.transport import Call, endpoint


def retrieve_intent(call: Call, intent_id: str) -> Json:
    """Return one payment intent."""
    params = call.checked("PaymentIntentRetrieveParams")
    intent = PaymentIntent.objects.select_related("latest_charge").filter(pk=intent_id).first()
    if intent is None:
        raise errors.missing_resource("payment_intent", intent_id, param="intent")
    if params.get("client_secret", intent.client_secret) != intent.client_secret:
        raise errors.missing_resource("payment_intent", intent_id, param="client_secret")
    return intent_object(intent)


def retrieve_charge(call: Call, charge_id: str) -> Json:
    """Return one charge."""
    call.checked("ChargeRetrieveParams")
    charge = Charge.objects.select_related("payment_intent").filter(pk=charge_id).first()
    if charge is None:
        raise errors.missing_resource("charge", charge_id, param="id")
    return charge_object(charge)


intent_view = endpoint(GET=retrieve_intent)
charge_view = endpoint(GET=retrieve_charge)
