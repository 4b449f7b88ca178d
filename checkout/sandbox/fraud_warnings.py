"""Early fraud warnings: what a bank lets the shop know before a dispute.

Source: Stripe, API, "Early Fraud Warning".
"""

from django.db import transaction

from checkout.sandbox import charges, errors
from checkout.sandbox.events import emit
from checkout.sandbox.models import EarlyFraudWarning
from checkout.sandbox.objects import warning_object


@transaction.atomic
def send(charge_id: str, *, fraud_type: str = "made_with_stolen_card") -> EarlyFraudWarning:
    """Warn of a charge. ``fraud_type`` is one of Stripe's."""
    warning = EarlyFraudWarning.objects.create(
        charge=charges.lock(charge_id), fraud_type=fraud_type
    )
    emit("radar.early_fraud_warning.created", warning_object(warning))
    return warning


def find(warning_id: str) -> EarlyFraudWarning:
    """Return the warning; raise ``ApiError`` if there is none."""
    warning = EarlyFraudWarning.objects.select_related("charge").filter(pk=warning_id).first()
    if warning is None:
        raise errors.missing_resource(
            "radar.early_fraud_warning", warning_id, param="early_fraud_warning"
        )
    return warning
