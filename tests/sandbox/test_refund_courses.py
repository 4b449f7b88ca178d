from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import stripe
from django.db import IntegrityError, connection
from procrastinate.contrib.django.models import ProcrastinateJob

from checkout.sandbox import charges, refunds
from checkout.sandbox.errors import ApiError
from checkout.sandbox.models import BalanceTransaction, Charge, Event, Refund
from tests.sandbox.asking import kinds_since, paid_charge, told_since

SLOW_CARD = "4000000000007726"
BOUNCING_CARD = "4000000000005126"
CHANGED = ["refund.updated", "charge.refund.updated"]


def do_what_banks_do():
    """Do what the worker would do some seconds later."""
    for pk in Refund.objects.values_list("pk", flat=True):
        for job in ProcrastinateJob.objects.filter(args={"refund_id": pk}):
            assert job.task_name == "checkout.sandbox.refunds.conclude"
            assert job.scheduled_at is not None
            refunds.conclude(**job.args)


@pytest.mark.django_db(transaction=True)
def test_a_slow_refund_is_pending_and_arrives_later(stripe_client):
    charge = paid_charge(number=SLOW_CARD)
    before = Event.objects.count()

    made = stripe_client.v1.refunds.create({"charge": charge.pk})

    assert (made.status, made.pending_reason) == ("pending", "processing")
    assert kinds_since(before) == ["refund.created", "charge.refunded"]
    assert stripe_client.v1.charges.retrieve(charge.pk).refunded is True

    do_what_banks_do()
    do_what_banks_do()

    arrived = stripe_client.v1.refunds.retrieve(made.id)
    assert arrived.status == "succeeded"
    assert "pending_reason" not in arrived
    assert kinds_since(before + 2) == CHANGED
    assert [event.data_object for event in told_since(before + 2)] == [arrived.to_dict()] * 2
    assert stripe_client.v1.charges.retrieve(charge.pk).amount_refunded == 4900


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_comes_back_gives_its_amount_back(stripe_client):
    charge = paid_charge(number=BOUNCING_CARD)
    made = stripe_client.v1.refunds.create({"charge": charge.pk, "amount": 1500})
    before = Event.objects.count()
    assert made.status == "succeeded"

    do_what_banks_do()
    do_what_banks_do()

    failed = stripe_client.v1.refunds.retrieve(made.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    returned = failed.failure_balance_transaction
    assert (returned.amount, returned.reporting_category) == (1500, "refund_failure")
    assert kinds_since(before) == [*CHANGED, "refund.failed"]
    plain = stripe_client.v1.refunds.retrieve(made.id).to_dict()
    assert [event.data_object for event in told_since(before)] == [plain] * 3
    after = stripe_client.v1.charges.retrieve(charge.pk)
    assert (after.amount_refunded, after.refunded) == (0, False)
    assert stripe_client.v1.refunds.create({"charge": charge.pk}).amount == 4900


@pytest.mark.django_db
def test_a_refund_fails_once():
    charge = paid_charge()
    kept = refunds.create_in_dashboard(charge.pk, amount=1000)
    lost = refunds.create_in_dashboard(charge.pk, amount=1500)

    outcomes = [refunds.fail(lost.pk, reason="lost_or_stolen_card") for _ in range(2)]

    assert outcomes == [True, False]
    charge.refresh_from_db()
    assert charge.amount_refunded == kept.amount
    assert refunds.succeed(lost.pk) is False
    lost.refresh_from_db()
    assert (lost.status, lost.failure_reason) == ("failed", "lost_or_stolen_card")
    assert BalanceTransaction.objects.filter(source=lost.pk).count() == 2


@pytest.mark.django_db(transaction=True)
def test_only_a_refund_that_waits_for_the_buyer_is_canceled_by_the_api(stripe_client):
    charge = paid_charge(number=SLOW_CARD)
    made = stripe_client.v1.refunds.create({"charge": charge.pk})
    before = Event.objects.count()

    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.refunds.cancel(made.id)
    assert caught.value.http_status == 400
    assert caught.value.user_message == "Canceling this refund is unsupported."
    assert kinds_since(before) == []

    assert refunds.require_action(made.id) is True
    waiting = stripe_client.v1.refunds.retrieve(made.id)
    assert waiting.status == "requires_action"
    assert waiting.next_action.display_details.email_sent.email_sent_to == "ada@example.com"
    canceled = stripe_client.v1.refunds.cancel(made.id)

    assert (canceled.status, canceled.failure_reason) == ("canceled", "merchant_request")
    assert kinds_since(before) == CHANGED * 2
    charge.refresh_from_db()
    assert charge.amount_refunded == 0
    do_what_banks_do()
    assert Refund.objects.get().status == "canceled"


@pytest.mark.django_db
def test_the_dashboard_cancels_what_is_pending_and_nothing_that_has_arrived():
    slow, quick = paid_charge(number=SLOW_CARD), paid_charge()
    pending, arrived = (refunds.create_in_dashboard(charge.pk) for charge in (slow, quick))

    assert (refunds.cancel(pending.pk), refunds.cancel(arrived.pk)) == (True, False)

    amounts = {charge.pk: charge.amount_refunded for charge in Charge.objects.all()}
    assert amounts == {slow.pk: 0, quick.pk: 4900}


def refund_at_once(charge, times, amount):
    starting_line = Barrier(times)

    def ask(_):
        try:
            starting_line.wait()
            return refunds.create_in_dashboard(charge.pk, amount=amount).status
        except ApiError as error:
            return error.param
        except IntegrityError:
            return "refused by the database"
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(ask, range(times)))


@pytest.mark.django_db(transaction=True)
def test_simultaneous_refunds_never_exceed_the_charge(shop):
    charge = paid_charge()

    outcomes = refund_at_once(charge, 4, amount=2000)

    assert outcomes == ["amount", "amount", "succeeded", "succeeded"]
    charge.refresh_from_db()
    assert charge.amount_refunded == 4000
    assert sum(refund.amount for refund in Refund.objects.all()) == 4000


@pytest.mark.django_db(transaction=True)
def test_simultaneous_refunds_would_exceed_the_charge_without_the_lock(shop, monkeypatch):
    """The control: the same refunds, when the charge is merely read."""
    charge = paid_charge()
    everybody_has_read = Barrier(4)

    def read(charge_id):
        found = Charge.objects.get(pk=charge_id)
        everybody_has_read.wait()
        return found

    monkeypatch.setattr(charges, "lock", read)

    assert refund_at_once(charge, 4, amount=2000) == ["succeeded"] * 4
    assert sum(refund.amount for refund in Refund.objects.all()) == 8000
