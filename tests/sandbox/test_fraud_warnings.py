import pytest
import stripe

from checkout.sandbox import disputes, fraud_warnings, refunds
from checkout.sandbox.models import EarlyFraudWarning, Event
from tests.sandbox.asking import paid_charge

pytestmark = pytest.mark.django_db(transaction=True)

WARNED_CARD = "4000000000005423"


def test_a_card_is_warned_of_after_it_has_paid(stripe_client):
    charge = paid_charge(number=WARNED_CARD)

    warning = EarlyFraudWarning.objects.get()
    told = stripe_client.v1.radar.early_fraud_warnings.retrieve(warning.pk).to_dict()

    assert told == {
        "id": warning.pk,
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge.pk,
        "created": int(warning.created_at.timestamp()),
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
        "payment_intent": charge.payment_intent_id,
    }
    event = Event.objects.get(type="radar.early_fraud_warning.created")
    assert event.data_object == told
    charge.refresh_from_db()
    assert charge.is_disputed is False


def test_a_warning_asks_for_nothing_once_refunded_or_disputed(stripe_client):
    charges = [paid_charge() for _ in range(3)]
    warnings = [fraud_warnings.send(charge.pk, fraud_type="misc").pk for charge in charges]
    refunds.create_in_dashboard(charges[0].pk)
    disputes.open_dispute(charges[1].pk)
    refunds.create_in_dashboard(charges[2].pk, amount=100)

    retrieve = stripe_client.v1.radar.early_fraud_warnings.retrieve
    assert [retrieve(pk).actionable for pk in warnings] == [False, False, True]


def test_warnings_are_listed_and_filtered(stripe_client):
    first, second = paid_charge(), paid_charge()
    warnings = [fraud_warnings.send(charge.pk).pk for charge in (first, second)]

    def listed(**params):
        found = stripe_client.v1.radar.early_fraud_warnings.list(params)
        return [warning.id for warning in found.data]

    assert listed() == warnings[::-1]
    assert listed(charge=first.pk) == warnings[:1]
    assert listed(payment_intent=second.payment_intent_id) == warnings[1:]
    assert listed(created={"lt": 5}) == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.radar.early_fraud_warnings.retrieve("issfr_x")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
