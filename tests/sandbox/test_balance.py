import pytest
import stripe
from django.db import IntegrityError, transaction

from checkout.sandbox import balance, disputes, refunds
from checkout.sandbox.models import BalanceTransaction, Event
from tests.sandbox.asking import DECLINED_CARD, line, paid_charge

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_charge_is_booked_with_its_fee(stripe_client):
    charge = paid_charge(payment_intent_data={"description": "Order 1"})

    whole = stripe_client.v1.charges.retrieve(charge.pk, {"expand": ["balance_transaction"]})

    moved = whole.balance_transaction
    assert (moved.amount, moved.fee, moved.net) == (4900, 172, 4728)
    assert (moved.type, moved.reporting_category) == ("charge", "charge")
    assert (moved.description, moved.status, moved.source) == ("Order 1", "pending", charge.pk)
    assert [detail.to_dict() for detail in moved.fee_details] == [
        {
            "amount": 172,
            "application": None,
            "currency": "usd",
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    assert moved.available_on % 86_400 == 0


@pytest.mark.parametrize(("amount", "fee"), [(50, 31), (1000, 59), (4900, 172), (10_000, 320)])
def test_fee_is_a_share_and_a_fixed_part(amount, fee):
    assert balance.fee(amount) == fee


def test_a_charge_tells_of_its_balance_transaction_from_the_first():
    charge = paid_charge()

    succeeded = Event.objects.get(type="charge.succeeded")
    assert succeeded.data_object["balance_transaction"] == charge.balance_transaction_id


def test_a_declined_charge_moves_no_money(stripe_client):
    charge = paid_charge(number=DECLINED_CARD)

    assert stripe_client.v1.charges.retrieve(charge.pk).balance_transaction is None
    assert not BalanceTransaction.objects.exists()


def test_each_movement_is_listed_once(stripe_client):
    charge = paid_charge(payment_intent_data={"description": "Order 1"})
    refund = refunds.create_in_dashboard(charge.pk, amount=1000)
    refunds.fail(refund.pk)
    dispute = disputes.open_dispute(charge.pk)
    disputes.win(dispute.pk)

    moves = stripe_client.v1.balance_transactions.list().data

    told = [(move.type, move.reporting_category, move.net, move.description) for move in moves]
    assert told == [
        ("adjustment", "dispute_reversal", 4900, f"Chargeback reversal for {charge.pk}"),
        ("adjustment", "dispute", -6400, f"Chargeback withdrawal for {charge.pk}"),
        ("refund_failure", "refund_failure", 1000, "REFUND FAILURE"),
        ("refund", "refund", -1000, "REFUND FOR CHARGE (Order 1)"),
        ("charge", "charge", 4728, "Order 1"),
    ]


def test_movements_are_found_by_what_moved_them(stripe_client):
    charge, other = paid_charge(), paid_charge(line_items=[line(currency="eur")])
    refund = refunds.create_in_dashboard(charge.pk)

    def listed(**params):
        found = stripe_client.v1.balance_transactions.list(params)
        return [move.source for move in found.data]

    assert listed(source=refund.pk) == [refund.pk]
    assert listed(type="charge") == [other.pk, charge.pk]
    assert listed(currency="eur") == [other.pk]
    assert listed(created={"lt": 5}) == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        listed(payout="po_x")
    assert caught.value.code == "sandbox_not_imitated"


def test_a_movement_carries_its_source_when_asked(stripe_client):
    charge = paid_charge()
    refund = refunds.create_in_dashboard(charge.pk, amount=100)
    dispute = disputes.open_dispute(charge.pk)

    for source in (charge, refund, dispute):
        moved = BalanceTransaction.objects.get(source=source.pk)
        whole = stripe_client.v1.balance_transactions.retrieve(moved.pk, {"expand": ["source"]})
        assert (whole.source.id, whole.id) == (source.pk, moved.pk)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.balance_transactions.retrieve("txn_x")
    assert (caught.value.http_status, caught.value.user_message) == (
        404,
        "No such balance transaction: 'txn_x'",
    )


def test_the_database_moves_money_once_for_each_reason():
    moved = paid_charge().balance_transaction

    moved.pk = "txn_second"
    with (
        pytest.raises(IntegrityError, match="money_moves_once_for_each_reason"),
        transaction.atomic(),
    ):
        moved.save(force_insert=True)
