from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.sandbox import debits, refunds
from checkout.sandbox.models import Charge, Event, Refund
from tests.sandbox.asking import (
    create_euro_session,
    create_session,
    debit,
    kinds_since,
    paid_charge,
    told_since,
)

pytestmark = pytest.mark.django_db(transaction=True)


def refund(client, charge, *, key=None, **params):
    options = {"idempotency_key": key} if key else {}
    return client.v1.refunds.create({"charge": charge.pk, **params}, options)


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


def test_a_repeated_refund_is_made_once(stripe_client):
    charge = paid_charge()

    first, second = (refund(stripe_client, charge, key="r-1", amount=1500) for _ in range(2))

    assert first.to_dict() == second.to_dict()
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    charge.refresh_from_db()
    assert charge.amount_refunded == 1500
    assert Refund.objects.count() == 1
    assert Event.objects.filter(type="refund.created").count() == 1


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


def test_a_refund_of_the_dashboard_comes_without_key_and_metadata():
    charge = paid_charge()
    before = Event.objects.count()

    made = refunds.create_in_dashboard(charge.pk, amount=1500, reason="duplicate")

    assert (made.amount, made.reason, made.metadata) == (1500, "duplicate", {})
    assert kinds_since(before) == ["refund.created", "charge.refunded"]
    created = Event.objects.get(type="refund.created")
    assert (created.request_id, created.idempotency_key) == ("", "")


def test_sessions_are_found_by_the_intent_of_a_refund(stripe_client):
    create_session()
    charge = paid_charge()
    made = refund(stripe_client, charge)

    found = stripe_client.v1.checkout.sessions.list({"payment_intent": made.payment_intent})

    assert [one.id for one in found.data] == [charge.payment_intent.session.pk]


def test_a_refund_to_a_bank_account_has_an_id_and_a_type_of_its_own():
    session = create_euro_session()
    debit(session)
    debits.succeed(session.pk)
    charge = Charge.objects.get()
    before = Event.objects.count()

    made = refunds.create_in_dashboard(charge.pk)
    refunds.fail(made.pk)

    assert made.pk.startswith("pyr_")
    assert made.balance_transaction.type == "payment_refund"
    created, _, _, failed = told_since(before)
    assert created.data_object["destination_details"] == {"type": "sepa_debit", "sepa_debit": {}}
    assert failed.data_object["status"] == "failed"
    assert kinds_since(before) == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "refund.failed",
    ]
