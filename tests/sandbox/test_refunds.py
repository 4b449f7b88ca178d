from datetime import timedelta

import pytest
import stripe
from django.db import IntegrityError, transaction
from django.utils import timezone

from checkout.sandbox import disputes, refunds
from checkout.sandbox.models import Charge, Event, Refund
from tests.sandbox.asking import DECLINED_CARD, create_session, kinds_since, line, paid_charge

pytestmark = pytest.mark.django_db(transaction=True)


def refund(client, charge, *, key=None, **params):
    options = {"idempotency_key": key} if key else {}
    return client.v1.refunds.create({"charge": charge.pk, **params}, options)


def refused(client, **params):
    """Ask for a refund that is refused, and return why. Nothing may have happened."""
    before = Refund.objects.count(), Event.objects.count()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.refunds.create(params)
    assert (Refund.objects.count(), Event.objects.count()) == before
    error = caught.value
    return error.http_status, error.code, error.param, error.user_message


def test_a_whole_charge_is_refunded_by_its_intent(stripe_client):
    charge = paid_charge()

    answer = stripe_client.v1.refunds.create(
        {
            "payment_intent": charge.payment_intent_id,
            "reason": "requested_by_customer",
            "metadata": {"order": "1", "empty": ""},
        }
    )

    kept = Refund.objects.get()
    assert answer.to_dict() == {
        "id": kept.pk,
        "object": "refund",
        "amount": 4900,
        "balance_transaction": kept.balance_transaction_id,
        "charge": charge.pk,
        "created": int(kept.created_at.timestamp()),
        "currency": "usd",
        "customer": None,
        "customer_account": None,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": {"order": "1"},
        "payment_intent": charge.payment_intent_id,
        "payment_method": charge.payment_method["id"],
        "reason": "requested_by_customer",
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    assert kept.pk.startswith("re_")
    refunded = stripe_client.v1.charges.retrieve(charge.pk)
    assert (refunded.amount_refunded, refunded.refunded) == (4900, True)
    intent = stripe_client.v1.payment_intents.retrieve(charge.payment_intent_id)
    assert (intent.status, intent.amount_received) == ("succeeded", 4900)


def test_a_refund_tells_of_itself_and_of_the_charge(stripe_client):
    charge = paid_charge()
    before = Event.objects.count()

    answer = refund(stripe_client, charge, key="refund-1", amount=1500)

    created, refunded = list(Event.objects.order_by("created_at"))[before:]
    assert (created.type, created.data_object) == ("refund.created", answer.to_dict())
    assert refunded.type == "charge.refunded"
    assert refunded.data_object["id"] == charge.pk
    assert refunded.data_object["amount_refunded"] == 1500
    assert refunded.data_object["refunded"] is False
    assert "refunds" not in refunded.data_object
    for event in (created, refunded):
        assert event.idempotency_key == "refund-1"
        assert event.request_id == answer.last_response.request_id


def test_parts_are_refunded_until_nothing_is_left(stripe_client):
    charge = paid_charge()

    amounts = [refund(stripe_client, charge, **asked).amount for asked in ({"amount": 1500}, {})]

    assert amounts == [1500, 3400]
    charge.refresh_from_db()
    assert (charge.amount_left, charge.is_refunded) == (0, True)
    assert refused(stripe_client, charge=charge.pk, amount=1) == (
        400,
        "charge_already_refunded",
        None,
        f"Charge {charge.pk} has already been refunded.",
    )


def test_a_repeated_refund_is_made_once(stripe_client):
    charge = paid_charge()

    first, second = (refund(stripe_client, charge, key="r-1", amount=1500) for _ in range(2))

    assert first.to_dict() == second.to_dict()
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    charge.refresh_from_db()
    assert charge.amount_refunded == 1500
    assert Refund.objects.count() == 1
    assert Event.objects.filter(type="refund.created").count() == 1


def test_a_refused_refund_stays_refused_under_its_key(stripe_client):
    charge = paid_charge()
    refund(stripe_client, charge)

    for replayed in (None, "true"):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            refund(stripe_client, charge, key="r-2")
        assert caught.value.code == "charge_already_refunded"
        assert caught.value.headers.get("Idempotent-Replayed") == replayed


def test_no_more_than_what_is_left_is_refunded(stripe_client):
    charge = paid_charge()
    refund(stripe_client, charge, amount=1900)

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


def test_a_charge_is_refunded_during_an_inquiry_and_after_a_won_dispute(stripe_client):
    asked_about, won = paid_charge(), paid_charge()
    disputes.open_inquiry(asked_about.pk)
    disputes.win(disputes.open_dispute(won.pk).pk)

    assert [refund(stripe_client, charge).status for charge in (asked_about, won)] == [
        "succeeded",
        "succeeded",
    ]


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        (
            {},
            (
                400,
                None,
                None,
                "One of the following params should be provided for this request: "
                "payment_intent or charge.",
            ),
        ),
        ({"charge": "ch_x"}, (404, "resource_missing", "id", "No such charge: 'ch_x'")),
        (
            {"payment_intent": "pi_x"},
            (404, "resource_missing", "payment_intent", "No such payment_intent: 'pi_x'"),
        ),
        (
            {"amount": 0},
            (
                400,
                "parameter_invalid_integer",
                "amount",
                "This value must be greater than or equal to 1.",
            ),
        ),
        ({"payment_intents": "pi"}, (400, "parameter_unknown", "payment_intents", None)),
        ({"refund_application_fee": True}, (400, "sandbox_not_imitated", None, None)),
        ({"reason": "expired_uncaptured_charge"}, (400, None, "reason", None)),
        ({"metadata": {"x" * 41: "y"}}, (400, None, "metadata", None)),
    ],
    ids=str,
)
def test_a_refund_is_refused(stripe_client, params, refusal):
    named = {} if not params or params.keys() & {"charge", "payment_intent"} else {"charge": None}
    named = {"charge": paid_charge().pk} if named else {}

    status, code, param, message = refused(stripe_client, **named, **params)

    expected_param = "refund_application_fee" if code == "sandbox_not_imitated" else refusal[2]
    assert (status, code, param) == (refusal[0], refusal[1], expected_param)
    assert refusal[3] in (None, message)


def test_a_charge_of_another_intent_is_not_refunded(stripe_client):
    charge, other = paid_charge(), paid_charge()

    status, _, param, _ = refused(
        stripe_client, charge=charge.pk, payment_intent=other.payment_intent_id
    )

    assert (status, param) == (400, "payment_intent")


def test_refunds_are_listed_and_filtered(stripe_client):
    first, second = paid_charge(), paid_charge()
    mine = [refunds.create_in_dashboard(first.pk, amount=100 + n).pk for n in range(3)]
    other = refunds.create_in_dashboard(second.pk).pk
    Refund.objects.filter(pk=mine[0]).update(created_at=timezone.now() - timedelta(days=2))

    def listed(**params):
        return [found.id for found in stripe_client.v1.refunds.list(params).data]

    day_ago = int((timezone.now() - timedelta(days=1)).timestamp())
    assert listed() == [other, *mine[:0:-1], mine[0]]
    assert listed(charge=first.pk) == mine[::-1]
    assert listed(payment_intent=second.payment_intent_id) == [other]
    assert listed(created={"gte": day_ago}) == [other, mine[2], mine[1]]
    assert listed(limit=1, starting_after=other) == [mine[2]]
    page = stripe_client.v1.refunds.list({"charge": first.pk, "limit": 2})
    assert [found.id for found in page.auto_paging_iter()] == mine[::-1]
    assert page.url == "/v1/refunds"


def test_refunds_name_other_objects_or_carry_them_whole(stripe_client):
    charge = paid_charge()
    made = refund(stripe_client, charge)

    whole = stripe_client.v1.refunds.retrieve(
        made.id, {"expand": ["charge", "payment_intent", "balance_transaction.source"]}
    )
    listed = stripe_client.v1.refunds.list({"expand": ["data.charge"]}).data[0]

    assert (whole.charge.id, listed.charge.id) == (charge.pk, charge.pk)
    assert whole.charge.amount_refunded == 4900
    assert whole.payment_intent.id == charge.payment_intent_id
    assert whole.balance_transaction.amount == -4900
    assert whole.balance_transaction.source.id == made.id


def test_a_charge_shows_its_refunds_when_asked(stripe_client):
    charge = paid_charge()
    made = [refund(stripe_client, charge, amount=100).id for _ in range(2)]

    plain = stripe_client.v1.charges.retrieve(charge.pk)
    whole = stripe_client.v1.charges.retrieve(charge.pk, {"expand": ["refunds"]})

    assert "refunds" not in plain
    assert [one.id for one in whole.refunds.data] == made[::-1]
    assert whole.refunds.url == f"/v1/charges/{charge.pk}/refunds"


def test_metadata_is_changed_and_told_of(stripe_client):
    made = refund(stripe_client, paid_charge(), metadata={"a": "1", "b": "2"})
    before = Event.objects.count()

    changed = stripe_client.v1.refunds.update(made.id, {"metadata": {"b": "", "c": "3"}})

    assert changed.metadata.to_dict() == {"a": "1", "c": "3"}
    assert kinds_since(before) == ["refund.updated", "charge.refund.updated"]


def test_a_refund_that_is_not_there_is_missing(stripe_client):
    services = stripe_client.v1.refunds
    for ask in (services.retrieve, services.update, services.cancel):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            ask("re_x")
        assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_refund_of_the_dashboard_comes_without_key_and_metadata():
    charge = paid_charge()
    before = Event.objects.count()

    made = refunds.create_in_dashboard(charge.pk, amount=1500, reason="duplicate")

    assert (made.amount, made.reason, made.metadata) == (1500, "duplicate", {})
    assert kinds_since(before) == ["refund.created", "charge.refunded"]
    created = Event.objects.get(type="refund.created")
    assert (created.request_id, created.idempotency_key) == ("", "")


def test_amounts_that_cannot_be_paid_cannot_be_refunded(stripe_client):
    charge = paid_charge(line_items=[line(amount=500000, currency="isk")])

    status, _, param, _ = refused(stripe_client, charge=charge.pk, amount=150)

    assert (status, param) == (400, "amount")
    assert refund(stripe_client, charge, amount=100).amount == 100


def test_sessions_are_found_by_the_intent_of_a_refund(stripe_client):
    create_session()
    charge = paid_charge()
    made = refund(stripe_client, charge)

    found = stripe_client.v1.checkout.sessions.list({"payment_intent": made.payment_intent})

    assert [one.id for one in found.data] == [charge.payment_intent.session.pk]


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
