from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from checkout.sandbox import payments, sessions
from checkout.sandbox.cards import CARDS
from checkout.sandbox.models import Charge, CheckoutSession, Event, PaymentIntent
from checkout.sandbox.payments import Outcome
from tests.sandbox.asking import CHALLENGED_CARD, DECLINED_CARD, create_session, line, pay


def kinds():
    return sorted(event.type for event in Event.objects.all())


PAID = [
    "charge.succeeded",
    "checkout.session.completed",
    "payment_intent.created",
    "payment_intent.succeeded",
]


@pytest.mark.django_db
def test_pay_completes_the_session_and_tells_all_of_it():
    session = create_session(payment_intent_data={"metadata": {"order": "1"}, "description": "d"})

    result = pay(session)

    assert result.outcome is Outcome.PAID
    session.refresh_from_db()
    assert (session.status, session.payment_status) == ("complete", "paid")
    assert (session.buyer_email, session.buyer_name) == ("ada@example.com", "Ada")
    intent = session.payment_intent
    assert (intent.status, intent.amount, intent.currency) == ("succeeded", 4900, "usd")
    assert (intent.metadata, intent.details) == ({"order": "1"}, {"description": "d"})
    assert (intent.latest_charge.status, intent.latest_charge.amount) == ("succeeded", 4900)
    assert kinds() == PAID
    assert result.delivery.event.type == "checkout.session.completed"


@pytest.mark.django_db
def test_a_free_session_needs_no_card_and_makes_no_payment():
    session = create_session(line_items=[line(amount=0)])

    result = payments.pay(session.pk, payments.Purchase(email="ada@example.com"))

    assert result.outcome is Outcome.PAID
    session.refresh_from_db()
    assert (session.status, session.payment_status) == ("complete", "no_payment_required")
    assert session.payment_intent is None
    assert kinds() == ["checkout.session.completed"]


@pytest.mark.django_db
@pytest.mark.parametrize("card", [card for card in CARDS if card.decline], ids=lambda c: c.number)
def test_a_declined_card_leaves_the_session_open(card):
    session = create_session()

    result = pay(session, number=card.number)
    if card.is_challenged:
        assert result.outcome is Outcome.CHALLENGED
        result = payments.answer_challenge(session.pk, has_passed=True)

    assert (result.outcome, result.decline) == (Outcome.DECLINED, card.decline)
    session.refresh_from_db()
    assert (session.status, session.payment_status) == ("open", "unpaid")
    charge = Charge.objects.get()
    assert (charge.status, charge.failure_code) == ("failed", card.decline.code)
    assert charge.decline_code == card.decline.decline_code
    assert set(kinds()) - {"payment_intent.created", "payment_intent.requires_action"} == {
        "charge.failed",
        "payment_intent.payment_failed",
    }


@pytest.mark.django_db
def test_a_second_card_pays_the_same_intent_after_a_decline():
    session = create_session()

    pay(session, number=DECLINED_CARD)
    assert pay(session).outcome is Outcome.PAID

    intent = PaymentIntent.objects.get()
    assert (intent.status, intent.last_error) == ("succeeded", None)
    assert [charge.status for charge in intent.charges.order_by("created_at")] == [
        "failed",
        "succeeded",
    ]
    assert kinds() == sorted([*PAID, "charge.failed", "payment_intent.payment_failed"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "card", [card for card in CARDS if card.is_challenged and not card.decline]
)
def test_a_challenged_card_pays_once_its_bank_agrees(card):
    session = create_session()

    assert pay(session, number=card.number).outcome is Outcome.CHALLENGED
    intent = PaymentIntent.objects.get()
    assert intent.status == "requires_action"
    assert not Charge.objects.exists()

    assert payments.answer_challenge(session.pk, has_passed=True).outcome is Outcome.PAID
    assert Charge.objects.get().is_authenticated
    assert kinds() == sorted([*PAID, "payment_intent.requires_action"])


@pytest.mark.django_db
def test_a_second_click_asks_the_bank_once():
    session = create_session()

    outcomes = [pay(session, number=CHALLENGED_CARD).outcome for _ in range(2)]

    assert outcomes == [Outcome.CHALLENGED] * 2
    assert kinds() == ["payment_intent.created", "payment_intent.requires_action"]


@pytest.mark.django_db
def test_a_failed_challenge_charges_nothing_and_leaves_the_session_open():
    session = create_session()
    pay(session, number=CHALLENGED_CARD)

    result = payments.answer_challenge(session.pk, has_passed=False)

    assert result.outcome is Outcome.DECLINED
    session.refresh_from_db()
    assert session.status == "open"
    assert session.payment_intent.last_error["code"] == "payment_intent_authentication_failure"
    assert not Charge.objects.exists()
    assert kinds() == [
        "payment_intent.created",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
    ]
    assert payments.answer_challenge(session.pk, has_passed=True).outcome is Outcome.CLOSED


@pytest.mark.django_db
def test_a_challenge_answered_after_another_card_has_paid_changes_nothing():
    session = create_session()
    pay(session, number=CHALLENGED_CARD)
    pay(session)

    result = payments.answer_challenge(session.pk, has_passed=True)

    assert result.outcome is Outcome.CLOSED
    assert Charge.objects.count() == 1


@pytest.mark.django_db
def test_a_session_that_expires_while_its_page_is_open_cannot_be_paid():
    session = create_session()
    pay(session, number=DECLINED_CARD)
    CheckoutSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    result = pay(session)

    assert (result.outcome, result.session.status) == (Outcome.CLOSED, "expired")
    assert not Charge.objects.filter(status="succeeded").exists()
    assert PaymentIntent.objects.get().status == "canceled"
    assert kinds()[1:3] == ["checkout.session.expired", "payment_intent.canceled"]


def pay_at_once(session, clicks):
    starting_line = Barrier(clicks)

    def click(_):
        try:
            starting_line.wait()
            return pay(session).outcome
        except IntegrityError as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(clicks) as pool:
        return list(pool.map(click, range(clicks)))


@pytest.mark.django_db(transaction=True)
def test_simultaneous_clicks_pay_once(shop):
    outcomes = pay_at_once(create_session(), 4)

    assert sorted(outcomes, key=str) == [Outcome.CLOSED] * 3 + [Outcome.PAID]
    assert Charge.objects.count() == PaymentIntent.objects.count() == 1
    assert kinds() == PAID


@pytest.mark.django_db(transaction=True)
def test_simultaneous_clicks_would_pay_twice_without_the_lock(shop, monkeypatch):
    """The control: the same clicks, when the session is merely read."""
    everybody_has_read = Barrier(4)

    def read(session_id):
        session = CheckoutSession.objects.get(pk=session_id)
        everybody_has_read.wait()
        return session

    monkeypatch.setattr(sessions, "lock", read)

    outcomes = pay_at_once(create_session(), 4)

    assert outcomes == [Outcome.PAID] * 4
    assert Charge.objects.count() == 4


@pytest.mark.django_db
def test_the_database_refuses_impossible_payments():
    pay(create_session())
    charge, session = Charge.objects.get(), CheckoutSession.objects.get()

    charge.pk = "ch_second"
    with (
        pytest.raises(IntegrityError, match="one_successful_charge_per_intent"),
        transaction.atomic(),
    ):
        charge.save(force_insert=True)
    for change in ({"status": "open"}, {"completed_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CheckoutSession.objects.filter(pk=session.pk).update(**change)
