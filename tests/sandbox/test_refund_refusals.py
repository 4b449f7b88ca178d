import pytest
import stripe
from django.db import IntegrityError, transaction

from checkout.sandbox import disputes, refunds
from checkout.sandbox.models import Charge, Event, Refund
from tests.sandbox.asking import DECLINED_CARD, line, paid_charge

pytestmark = pytest.mark.django_db(transaction=True)


def refused(client, **params):
    """Ask for a refund that is refused, and return why. Nothing may have happened."""
    before = Refund.objects.count(), Event.objects.count()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(params)
    assert (Refund.objects.count(), Event.objects.count()) == before
    error = caught.value
    return error.http_status, error.code, error.param, error.user_message


def test_a_refunded_charge_is_not_refunded_again(stripe_client):
    charge = paid_charge()
    stripe_client.v1.refunds.create({"charge": charge.pk})

    for asked in ({}, {"amount": 1}):
        assert refused(stripe_client, charge=charge.pk, **asked) == (
            400,
            "charge_already_refunded",
            None,
            f"Charge {charge.pk} has already been refunded.",
        )


def test_a_refused_refund_stays_refused_under_its_key(stripe_client):
    charge = paid_charge()
    stripe_client.v1.refunds.create({"charge": charge.pk})

    for replayed in (None, "true"):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            stripe_client.v1.refunds.create({"charge": charge.pk}, {"idempotency_key": "r-2"})
        assert caught.value.code == "charge_already_refunded"
        assert caught.value.headers.get("Idempotent-Replayed") == replayed


def test_no_more_than_what_is_left_is_refunded(stripe_client):
    charge = paid_charge()
    refunds.create_in_dashboard(charge.pk, amount=1900)

    assert refused(stripe_client, charge=charge.pk, amount=4000) == (
        400,
        None,
        "amount",
        "Refund amount ($40) is greater than unrefunded amount on charge ($30)",
    )
    charge.refresh_from_db()
    assert charge.amount_refunded == 1900


def test_a_charge_that_failed_is_not_refunded(stripe_client):
    charge = paid_charge(number=DECLINED_CARD)

    for named in ({"charge": charge.pk}, {"payment_intent": charge.payment_intent_id}):
        status, code, _, message = refused(stripe_client, **named)
        assert (status, code) == (400, None)
        assert message == (
            f"This PaymentIntent ({charge.payment_intent_id}) does not have a successful charge "
            "to refund."
        )


def test_a_charge_is_not_refunded_while_its_dispute_is_real(stripe_client):
    charge = paid_charge()
    dispute = disputes.open_dispute(charge.pk)
    refusal = (
        400,
        "charge_disputed",
        None,
        f"Charge {charge.pk} has been charged back; cannot issue a refund.",
    )

    assert refused(stripe_client, charge=charge.pk) == refusal
    disputes.lose(dispute.pk)
    assert refused(stripe_client, charge=charge.pk) == refusal
    disputes.appeal(dispute.pk)
    assert refused(stripe_client, charge=charge.pk) == refusal
    disputes.win(dispute.pk)
    assert refused(stripe_client, charge=charge.pk) == refusal


def test_a_charge_is_refunded_during_an_inquiry_and_after_a_won_dispute():
    asked_about, won = paid_charge(), paid_charge()
    disputes.open_inquiry(asked_about.pk)
    disputes.win(disputes.open_dispute(won.pk).pk)

    assert [refunds.create_in_dashboard(charge.pk).status for charge in (asked_about, won)] == [
        "succeeded",
        "succeeded",
    ]


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"charge": "ch_x"}, (404, "resource_missing", "id", "No such charge: 'ch_x'")),
        (
            {"payment_intent": "pi_x"},
            (404, "resource_missing", "payment_intent", "No such payment_intent: 'pi_x'"),
        ),
        (
            {"amount": 100},
            (
                400,
                None,
                None,
                "One of the following params should be provided for this request: "
                "payment_intent or charge.",
            ),
        ),
    ],
    ids=str,
)
def test_a_refund_of_nothing_is_refused(stripe_client, params, refusal):
    assert refused(stripe_client, **params) == refusal


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"amount": 0}, (400, "parameter_invalid_integer", "amount")),
        ({"amount": -1}, (400, "parameter_invalid_integer", "amount")),
        ({"payment_intents": "pi"}, (400, "parameter_unknown", "payment_intents")),
        ({"currency": "usd"}, (400, "sandbox_not_imitated", "currency")),
        ({"reverse_transfer": True}, (400, "sandbox_not_imitated", "reverse_transfer")),
        ({"reason": "expired_uncaptured_charge"}, (400, None, "reason")),
        ({"metadata": {"x" * 41: "y"}}, (400, None, "metadata")),
    ],
    ids=str,
)
def test_a_refund_with_wrong_parameters_is_refused(stripe_client, params, refusal):
    assert refused(stripe_client, charge=paid_charge().pk, **params)[:3] == refusal


def test_a_charge_of_another_intent_is_not_refunded(stripe_client):
    charge, other = paid_charge(), paid_charge()

    status, _, param, _ = refused(
        stripe_client, charge=charge.pk, payment_intent=other.payment_intent_id
    )

    assert (status, param) == (400, "payment_intent")


def test_amounts_that_cannot_be_paid_cannot_be_refunded(stripe_client):
    charge = paid_charge(line_items=[line(amount=500000, currency="isk")])

    status, _, param, _ = refused(stripe_client, charge=charge.pk, amount=150)

    assert (status, param) == (400, "amount")
    assert refunds.create_in_dashboard(charge.pk, amount=100).amount == 100


def test_a_refund_that_is_not_there_is_missing(stripe_client):
    services = stripe_client.v1.refunds
    for ask in (services.retrieve, services.update, services.cancel):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            ask("re_x")
        assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_the_database_refuses_impossible_refunds():
    charge = paid_charge()
    failed = paid_charge(number=DECLINED_CARD)
    made = refunds.create_in_dashboard(charge.pk, amount=100)

    for pk, amount in ((charge.pk, 4901), (charge.pk, -1), (failed.pk, 1)):
        with (
            pytest.raises(IntegrityError, match="charge_refunded_within_amount"),
            transaction.atomic(),
        ):
            Charge.objects.filter(pk=pk).update(amount_refunded=amount)
    for change in ({"amount": 0}, {"status": "failed"}, {"failure_reason": "declined"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Refund.objects.filter(pk=made.pk).update(**change)
