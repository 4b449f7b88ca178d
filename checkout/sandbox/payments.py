"""What happens when a buyer presses Pay: paid, declined, or asked by the bank first."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from django.db import transaction

from checkout.sandbox import aftermath, balance, cards, debits, faults, sessions
from checkout.sandbox.accounts import Account
from checkout.sandbox.cards import Card, Decline
from checkout.sandbox.events import emit, emit_held
from checkout.sandbox.models import (
    Charge,
    ChargeStatus,
    CheckoutSession,
    Delivery,
    IntentStatus,
    PaymentIntent,
    PaymentStatus,
)
from checkout.sandbox.objects import charge_object, intent_object, session_object


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """What a buyer has filled in: a card or a bank account, unless the session costs nothing."""

    email: str
    name: str = ""
    card: Card | None = None
    expiry: date | None = None
    account: Account | None = None


class Outcome(Enum):
    """How it went. ``CLOSED`` is a session that had been paid or had expired before."""

    PAID = "paid"
    PROCESSING = "processing"
    DECLINED = "declined"
    CHALLENGED = "challenged"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of it: ``delivery`` tells the shop of a purchase and waits for the caller."""

    outcome: Outcome
    session: CheckoutSession
    decline: Decline | None = None
    delivery: Delivery | None = None


@transaction.atomic
def pay(session_id: str, purchase: Purchase) -> Result:
    """Try to pay the session. However often it is called, it is paid once."""
    session = sessions.lock(session_id)
    if not session.is_open:
        return Result(outcome=Outcome.CLOSED, session=session)
    if session.amount_total == 0:
        return _complete(
            session, PaymentStatus.NO_PAYMENT_REQUIRED, email=purchase.email, name=purchase.name
        )
    if purchase.account:
        return _debit(session, purchase.account, purchase)
    card, intent = _card_of(purchase), _intent_of(session)
    if card.is_challenged:
        return _challenge(session, intent, purchase)
    intent.payment_method = _method_of(purchase)
    return _charge(session, intent, card)


@transaction.atomic
def answer_challenge(session_id: str, *, has_passed: bool) -> Result:
    """Go on after the buyer's bank has recognized the buyer, or has not."""
    session = sessions.lock(session_id)
    intent = session.payment_intent
    if not session.is_open or intent is None or intent.status != IntentStatus.REQUIRES_ACTION:
        return Result(outcome=Outcome.CLOSED, session=session)
    if not has_passed:
        return _decline(session, intent, cards.NOT_AUTHENTICATED)
    return _charge(session, intent, cards.BY_NUMBER[intent.challenged_card])


def _intent_of(session: CheckoutSession) -> PaymentIntent:
    """Return the session's payment intent, made at the first attempt and used by all."""
    if session.payment_intent:
        return session.payment_intent
    details = session.intent_parameters
    session.payment_intent = PaymentIntent.objects.create(
        currency=session.currency,
        amount=session.amount_total,
        metadata=sessions.merged_metadata({}, details.pop("metadata", {})),
        details=details,
    )
    session.save(update_fields=["payment_intent"])
    emit("payment_intent.created", intent_object(session.payment_intent))
    return session.payment_intent


def _challenge(session: CheckoutSession, intent: PaymentIntent, purchase: Purchase) -> Result:
    card = _card_of(purchase)
    is_new = intent.challenged_card != card.number
    intent.challenge(card.number, _method_of(purchase))
    if is_new:
        emit("payment_intent.requires_action", intent_object(intent))
    return Result(outcome=Outcome.CHALLENGED, session=session)


def _debit(session: CheckoutSession, account: Account, purchase: Purchase) -> Result:
    delivery = debits.begin(
        session, _intent_of(session), account, email=purchase.email, name=purchase.name
    )
    return Result(outcome=Outcome.PROCESSING, session=session, delivery=delivery)


def _charge(session: CheckoutSession, intent: PaymentIntent, card: Card) -> Result:
    decline = card.decline
    if not decline:
        faults.spoil(session, intent)
    charge = Charge.objects.create(
        payment_intent=intent,
        status=ChargeStatus.FAILED if decline else ChargeStatus.SUCCEEDED,
        currency=intent.currency,
        amount=intent.amount,
        payment_method=intent.payment_method,
        is_authenticated=card.is_challenged,
        failure_code=decline.code if decline else "",
        decline_code=decline.decline_code if decline else "",
        failure_message=decline.message if decline else "",
        is_blocked=bool(decline and decline.is_blocked),
    )
    intent.latest_charge = charge
    if decline:
        emit("charge.failed", charge_object(charge))
        return _decline(session, intent, decline)
    intent.succeed()
    balance.book_charge(charge)
    emit("charge.succeeded", charge_object(charge))
    aftermath.follow(charge, card)
    emit("payment_intent.succeeded", intent_object(intent))
    buyer = charge.payment_method["billing_details"]
    return _complete(session, PaymentStatus.PAID, email=buyer["email"], name=buyer["name"] or "")


def _decline(session: CheckoutSession, intent: PaymentIntent, decline: Decline) -> Result:
    """Leave the session open, for the buyer to try another card."""
    error = decline.as_error()
    if decline is not cards.NOT_AUTHENTICATED:
        error["charge"] = intent.latest_charge_id
    intent.fail(error)
    emit("payment_intent.payment_failed", intent_object(intent))
    return Result(outcome=Outcome.DECLINED, session=session, decline=decline)


def _complete(session: CheckoutSession, status: PaymentStatus, *, email: str, name: str) -> Result:
    session.complete(status, email=email, name=name)
    delivery = emit_held("checkout.session.completed", session_object(session))
    return Result(outcome=Outcome.PAID, session=session, delivery=delivery)


def _card_of(purchase: Purchase) -> Card:
    if purchase.card is None:
        raise ValueError("A session that costs something is paid with a card.")
    return purchase.card


def _method_of(purchase: Purchase) -> dict[str, object]:
    if purchase.expiry is None:
        raise ValueError("A card has an expiry.")
    return cards.card_method(
        _card_of(purchase), expiry=purchase.expiry, email=purchase.email, name=purchase.name
    )
