from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from checkout.sandbox import disputes, evidence, refunds
from checkout.sandbox.models import BalanceTransaction, Dispute, Event
from tests.sandbox.asking import (
    DECLINED_CARD,
    FRAUD_CARD,
    INQUIRY_CARD,
    answer_dispute,
    disputed,
    kinds_since,
    paid_charge,
    refusal,
    told_since,
)

pytestmark = pytest.mark.django_db(transaction=True)

NOT_RECEIVED_CARD = "4000000000002685"
OPENED = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def test_a_card_is_disputed_as_fraud_at_once(stripe_client):
    dispute = disputed()

    charge = stripe_client.v1.charges.retrieve(dispute.charge_id)
    told = stripe_client.v1.disputes.retrieve(dispute.pk).to_dict()
    [withdrawn] = BalanceTransaction.objects.filter(source=dispute.pk)

    texts = dict.fromkeys([*evidence.TEXTS, *evidence.FILES])
    assert told == {
        "id": dispute.pk,
        "object": "dispute",
        "amount": 4900,
        "balance_transactions": [
            {
                "id": withdrawn.pk,
                "object": "balance_transaction",
                "amount": -4900,
                "available_on": int(withdrawn.available_on.timestamp()),
                "balance_type": "payments",
                "created": int(withdrawn.created_at.timestamp()),
                "currency": "usd",
                "description": f"Chargeback withdrawal for {charge.id}",
                "exchange_rate": None,
                "fee": 1500,
                "fee_details": [
                    {
                        "amount": 1500,
                        "application": None,
                        "currency": "usd",
                        "description": "Dispute fee",
                        "type": "stripe_fee",
                    }
                ],
                "net": -6400,
                "reporting_category": "dispute",
                "source": dispute.pk,
                "status": "available",
                "type": "adjustment",
            }
        ],
        "charge": charge.id,
        "created": int(dispute.created_at.timestamp()),
        "currency": "usd",
        "enhanced_eligibility_types": [],
        "evidence": texts | {"appeal": None, "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": int(dispute.due_by.timestamp()),
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": "10.4",
        "payment_intent": charge.payment_intent,
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "chargeback",
                "network": "visa",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": "fraudulent",
        "status": "needs_response",
    }
    assert dispute.pk.startswith("du_")
    assert dispute.due_by - timezone.now() > timedelta(days=7)
    assert (charge.disputed, charge.refunded, charge.status) == (True, False, "succeeded")
    events = Event.objects.filter(type__in=OPENED).order_by("created_at")
    assert [(event.type, event.data_object) for event in events] == [
        (kind, told) for kind in OPENED
    ]


def test_a_payment_tells_of_its_dispute_after_its_charge():
    disputed()

    assert kinds_since(0) == [
        "payment_intent.created",
        "charge.succeeded",
        *OPENED,
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    assert Event.objects.get(type="charge.succeeded").data_object["disputed"] is False


def test_cards_decide_what_is_complained_of():
    fraud, not_received, inquiry = map(disputed, (FRAUD_CARD, NOT_RECEIVED_CARD, INQUIRY_CARD))

    assert [(one.status, one.reason) for one in (fraud, not_received, inquiry)] == [
        ("needs_response", "fraudulent"),
        ("needs_response", "product_not_received"),
        ("warning_needs_response", "fraudulent"),
    ]


def test_an_inquiry_takes_no_money_and_leaves_the_charge_refundable(stripe_client):
    inquiry = disputed(INQUIRY_CARD)

    told = stripe_client.v1.disputes.retrieve(inquiry.pk)

    assert (told.balance_transactions, told.is_charge_refundable) == ([], True)
    assert told.payment_method_details.card.case_type == "inquiry"
    assert stripe_client.v1.charges.retrieve(told.charge).disputed is True
    assert [kind for kind in kinds_since(0) if "dispute" in kind] == ["charge.dispute.created"]


def test_any_charge_can_be_disputed_once_at_a_time():
    charge, failed = paid_charge(), paid_charge(number=DECLINED_CARD)

    dispute = disputes.open_dispute(charge.pk, reason="duplicate", amount=1000)

    assert (dispute.amount, dispute.reason) == (1000, "duplicate")
    before = Event.objects.count()
    for again in (charge, failed):
        with pytest.raises(ValueError, match="dispute"):
            disputes.open_dispute(again.pk)
    assert (Dispute.objects.count(), Event.objects.count()) == (1, before)
    assert disputes.win(dispute.pk) is True
    assert disputes.open_dispute(charge.pk).amount == 4900


def test_a_dispute_is_given_up(stripe_client):
    dispute = disputed()
    before = Event.objects.count()

    closed = stripe_client.v1.disputes.close(dispute.pk)

    assert closed.status == "lost"
    assert kinds_since(before) == ["charge.dispute.closed"]
    [event] = told_since(before)
    assert (event.data_object, event.request_id) == (
        closed.to_dict(),
        closed.last_response.request_id,
    )
    over = (400, None, "This dispute is already closed")
    assert refusal(stripe_client.v1.disputes.close, dispute.pk) == over
    assert refusal(answer_dispute, stripe_client, dispute) == over


def test_an_inquiry_cannot_be_given_up_but_rests(stripe_client):
    inquiry = disputed(INQUIRY_CARD)

    assert refusal(stripe_client.v1.disputes.close, inquiry.pk)[0] == 400
    assert [disputes.close_inquiry(inquiry.pk) for _ in range(2)] == [True, False]
    assert disputes.escalate(inquiry.pk) is False
    assert disputes.win(inquiry.pk) is False
    assert Dispute.objects.get().status == "warning_closed"


def test_a_dispute_overtakes_refunds_so_that_nobody_pays_twice():
    charge = paid_charge()
    kept = refunds.create_in_dashboard(charge.pk, amount=100)
    inquiry = disputes.open_inquiry(charge.pk)
    overtaken = refunds.create_in_dashboard(charge.pk, amount=2000)
    before = Event.objects.count()

    assert disputes.escalate(inquiry.pk) is True

    overtaken.refresh_from_db()
    kept.refresh_from_db()
    charge.refresh_from_db()
    assert kept.status == "succeeded"
    assert (overtaken.status, overtaken.failure_reason) == (
        "failed",
        "charge_for_pending_refund_disputed",
    )
    assert charge.amount_refunded == 100
    assert kinds_since(before) == [
        "refund.updated",
        "charge.refund.updated",
        "refund.failed",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
    ]


def test_an_inquiry_is_prevented_from_becoming_a_dispute():
    inquiry = disputed(INQUIRY_CARD)
    before = Event.objects.count()

    assert disputes.prevent(inquiry.pk) is True

    assert Dispute.objects.get().status == "prevented"
    assert kinds_since(before) == ["charge.dispute.closed"]


def test_disputes_are_listed_filtered_and_expanded(stripe_client):
    first, second = disputed(), disputed(INQUIRY_CARD)
    Dispute.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=2))

    def listed(**params):
        return [found.id for found in stripe_client.v1.disputes.list(params).data]

    day_ago = int((timezone.now() - timedelta(days=1)).timestamp())
    assert listed() == [second.pk, first.pk]
    assert listed(charge=first.charge_id) == [first.pk]
    assert listed(payment_intent=second.charge.payment_intent_id) == [second.pk]
    assert listed(created={"gte": day_ago}) == [second.pk]
    assert listed(limit=1, starting_after=second.pk) == [first.pk]
    whole = stripe_client.v1.disputes.retrieve(
        first.pk, {"expand": ["charge", "payment_intent.latest_charge"]}
    )
    assert whole.charge.id == whole.payment_intent.latest_charge.id == first.charge_id


def test_the_database_refuses_a_second_unsettled_dispute():
    dispute = disputed()

    dispute.pk = "du_second"
    with (
        pytest.raises(IntegrityError, match="one_unsettled_dispute_per_charge"),
        transaction.atomic(),
    ):
        dispute.save(force_insert=True)


def test_a_dispute_overtakes_a_refund_that_is_under_way():
    charge = paid_charge(number="4000000000007726")
    pending = refunds.create_in_dashboard(charge.pk)

    disputes.open_dispute(charge.pk)

    pending.refresh_from_db()
    charge.refresh_from_db()
    assert (pending.status, charge.amount_refunded) == ("failed", 0)
    assert refunds.succeed(pending.pk) is False
