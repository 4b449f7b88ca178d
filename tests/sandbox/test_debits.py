from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from checkout.sandbox import debits, jobs, sessions
from checkout.sandbox.accounts import ACH_ACCOUNTS, SEPA_ACCOUNTS
from checkout.sandbox.errors import ApiError
from checkout.sandbox.models import Charge, CheckoutSession, Event, PaymentIntent
from checkout.sandbox.payments import Outcome
from tests.sandbox.asking import (
    DECLINED_CARD,
    IBAN,
    REFUSED_IBAN,
    US_ACCOUNT,
    create_euro_session,
    create_session,
    debit,
    pay,
)

BEGUN = [
    "payment_intent.created",
    "payment_intent.processing",
    "charge.pending",
    "checkout.session.completed",
]
PAID = [
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.async_payment_succeeded",
]
DISPUTED = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
REFUSED = [
    "charge.failed",
    "payment_intent.payment_failed",
    "checkout.session.async_payment_failed",
]


def told():
    """List what happened, in its order."""
    return [event.type for event in Event.objects.order_by("created_at")]


def state(session):
    """Return how session, money, intent and charge stand."""
    session.refresh_from_db()
    intent = PaymentIntent.objects.get(session=session)
    return (
        session.status,
        session.payment_status,
        intent.status,
        intent.latest_charge.status,
    )


def make_due():
    Charge.objects.update(answer_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_a_debit_completes_the_session_unpaid_and_tells_all_of_it():
    session = create_euro_session(payment_intent_data={"metadata": {"order": "1"}})

    result = debit(session)

    assert result.outcome is Outcome.PROCESSING
    assert state(session) == ("complete", "unpaid", "processing", "pending")
    assert (session.buyer_email, session.buyer_name) == ("ada@example.com", "Ada")
    charge = Charge.objects.get()
    assert charge.pk.startswith("py_")
    assert (charge.amount, charge.currency) == (4900, "eur")
    assert told() == BEGUN
    assert result.delivery.event.type == "checkout.session.completed"


@pytest.mark.django_db
def test_a_debit_that_is_paid_settles_everything_once():
    session = create_euro_session()
    debit(session)

    assert [debits.succeed(session.pk), debits.succeed(session.pk)] == [True, False]
    assert debits.fail(session.pk) is False

    assert state(session) == ("complete", "paid", "succeeded", "succeeded")
    assert told() == BEGUN + PAID
    last = Event.objects.get(type="checkout.session.async_payment_succeeded").data_object
    assert (last["id"], last["status"], last["payment_status"]) == (session.pk, "complete", "paid")


@pytest.mark.django_db
def test_a_debit_that_is_refused_leaves_the_session_complete_and_unpaid():
    session = create_session()
    debit(session, number="000111111113")

    assert [debits.fail(session.pk), debits.fail(session.pk)] == [True, False]
    assert debits.succeed(session.pk) is False

    assert state(session) == ("complete", "unpaid", "requires_payment_method", "failed")
    assert told() == BEGUN + REFUSED
    charge, intent = Charge.objects.get(), PaymentIntent.objects.get()
    message = "The customer's bank account has been closed."
    assert (charge.failure_code, charge.failure_message) == ("account_closed", message)
    error = intent.last_error
    assert (error["code"], error["message"]) == ("account_closed", message)
    assert error["charge"] == charge.pk
    assert error["payment_method"]["us_bank_account"]["last4"] == "1113"
    assert intent.payment_method is None
    last = Event.objects.get(type="checkout.session.async_payment_failed").data_object
    assert (last["status"], last["payment_status"]) == ("complete", "unpaid")


@pytest.mark.django_db
def test_a_bank_can_be_made_to_answer_other_than_its_account_says():
    paid, refused = create_euro_session(), create_session()
    debit(paid, number=REFUSED_IBAN)
    debit(refused, number=US_ACCOUNT)

    assert debits.succeed(PaymentIntent.objects.get(session=paid).pk)
    assert debits.fail(refused.pk)

    assert state(paid) == ("complete", "paid", "succeeded", "succeeded")
    assert state(refused) == ("complete", "unpaid", "requires_payment_method", "failed")
    refusal = PaymentIntent.objects.get(session=refused).last_error
    assert refusal["code"] == "payment_intent_payment_attempt_failed"


@pytest.mark.django_db
@pytest.mark.parametrize("answer", [debits.succeed, debits.fail])
def test_only_debits_that_are_waited_for_are_answered(answer):
    untouched, by_card = create_session(), create_session()
    pay(by_card)
    before = told()

    assert answer(untouched.pk) is False
    assert answer(by_card.pk) is False
    with pytest.raises(ApiError, match=r"No such checkout\.session: 'cs_test_none'"):
        answer("cs_test_none")

    assert told() == before
    assert state(by_card) == ("complete", "paid", "succeeded", "succeeded")


@pytest.mark.django_db
@pytest.mark.parametrize("account", SEPA_ACCOUNTS + ACH_ACCOUNTS, ids=lambda each: each.number)
def test_each_account_answers_as_its_line_says_when_its_time_has_come(account):
    session = create_euro_session() if account.kind == "sepa_debit" else create_session()
    debit(session, number=account.number)

    jobs.conclude_due_debits()
    assert told() == BEGUN
    charge = Charge.objects.get()
    if account.answers_in is None:
        assert charge.answer_at is None
        return
    wait = charge.answer_at - charge.created_at
    assert abs(wait.total_seconds() - account.answers_in) < 1
    make_due()
    jobs.conclude_due_debits()
    jobs.conclude_due_debits()

    disputed = DISPUTED if account.aftermath else []
    assert told() == BEGUN + (REFUSED if account.refusal else PAID + disputed)
    charge.refresh_from_db()
    assert charge.failure_code == (account.refusal.code if account.refusal else "")


@pytest.mark.django_db
def test_the_worker_is_asked_to_answer_in_time():
    debit(create_euro_session(), number=IBAN)
    debit(create_euro_session(), number="AT321904300235473204")
    debit(create_session(), number="000000000009")

    found = ProcrastinateJob.objects.filter(task_name="checkout.sandbox.debits.conclude")
    waits = [(job.scheduled_at - timezone.now()).total_seconds() for job in found.order_by("id")]

    assert [round(wait, -1) for wait in waits] == [10, 180]
    assert [job.args["charge_id"] for job in found.order_by("id")] == list(
        Charge.objects.exclude(answer_at=None).order_by("created_at").values_list("pk", flat=True)
    )


@pytest.mark.django_db
def test_a_debit_after_a_declined_card_pays_the_same_intent():
    session = create_session()
    pay(session, number=DECLINED_CARD)
    debit(session, number=US_ACCOUNT)
    debits.succeed(session.pk)

    intent = PaymentIntent.objects.get()
    assert (intent.status, intent.last_error) == ("succeeded", None)
    assert [charge.pk[:3] for charge in intent.charges.order_by("created_at")] == ["ch_", "py_"]


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["000555555559", US_ACCOUNT])
def test_what_follows_a_paid_debit_is_done_to_its_charge(number):
    session = create_session()
    debit(session, number=number)

    debits.succeed(session.pk)

    charge = Charge.objects.get()
    assert charge.balance_transaction.amount == charge.amount
    disputed = list(charge.disputes.values_list("reason", flat=True))
    assert disputed == (["debit_not_authorized"] if number == "000555555559" else [])


@pytest.mark.django_db
def test_a_session_that_waits_for_its_bank_takes_no_second_payment():
    session = create_session()
    debit(session, number=US_ACCOUNT)

    assert debit(session, number=US_ACCOUNT).outcome is Outcome.CLOSED
    assert pay(session).outcome is Outcome.CLOSED
    debits.fail(session.pk)
    assert pay(session).outcome is Outcome.CLOSED

    assert Charge.objects.count() == 1


def answer_at_once(session, answers):
    starting_line = Barrier(len(answers))

    def give(answer):
        try:
            starting_line.wait()
            return answer(session.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(answers)) as pool:
        return list(pool.map(give, answers))


@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_answers_the_first_counts(shop):
    session = create_session()
    debit(session, number=US_ACCOUNT)

    outcomes = answer_at_once(session, [debits.succeed, debits.fail] * 2)

    assert sorted(outcomes) == [False, False, False, True]
    assert told() in (BEGUN + PAID, BEGUN + REFUSED)


@pytest.mark.django_db(transaction=True)
def test_simultaneous_answers_would_both_count_without_the_lock(shop, monkeypatch):
    """The control: the same answers, when the session is merely read."""
    everybody_has_read = Barrier(2)

    def read(session_id):
        session = CheckoutSession.objects.select_related("payment_intent__latest_charge").get(
            pk=session_id
        )
        everybody_has_read.wait()
        return session

    session = create_session()
    debit(session, number=US_ACCOUNT)
    monkeypatch.setattr(sessions, "lock", read)

    assert answer_at_once(session, [debits.succeed, debits.fail]) == [True, True]


@pytest.mark.django_db
def test_the_database_lets_an_intent_wait_for_one_charge():
    debit(create_session(), number=US_ACCOUNT)
    charge = Charge.objects.get()

    charge.pk = "py_second"
    with (
        pytest.raises(IntegrityError, match="one_pending_charge_per_intent"),
        transaction.atomic(),
    ):
        charge.save(force_insert=True)
