"""Bank debits: the bank's answer comes long after the buyer has gone back to the shop.

Source: Stripe, "Fulfill orders", delayed payment methods.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from checkout.sandbox import balance, disputes, faults, ids, sessions
from checkout.sandbox.accounts import BY_NUMBER, NOT_PAID, Account, Refusal, account_method
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
from project.jobs import job


def begin(
    session: CheckoutSession, intent: PaymentIntent, account: Account, *, email: str, name: str
) -> Delivery | None:
    """Ask the bank for the money. The caller holds the session's lock and knows that it is open.

    Return the delivery that tells the shop, which waits for the caller, if there is to be one.
    """
    faults.spoil(session, intent)
    charge = _pending_charge(intent, account, account_method(account, email=email, name=name))
    intent.process(charge)
    emit("payment_intent.processing", intent_object(intent))
    emit("charge.pending", charge_object(charge))
    if account.answers_in is not None:
        conclude.in_seconds(account.answers_in, charge.pk)
    session.complete(PaymentStatus.UNPAID, email=email, name=name)
    return emit_held("checkout.session.completed", session_object(session))


@job(queue="sandbox")
def conclude(charge_id: str) -> None:
    """Give the bank's answer, if its time has come. It may be called any number of times."""
    due = Charge.objects.due(timezone.now()).select_related("payment_intent__session")
    if charge := due.filter(pk=charge_id).first():
        answer = fail if BY_NUMBER[charge.debited_account].refusal else succeed
        answer(charge.payment_intent.session.pk)


@transaction.atomic
def succeed(session_or_intent_id: str) -> bool:
    """Have the bank pay now. Return whether its answer was waited for.

    Raise ``ApiError`` if there is no such session or intent.
    """
    session = _lock(session_or_intent_id)
    intent, charge = session.payment_intent, _awaited_charge(session)
    if intent is None or charge is None:
        return False
    charge.succeed()
    intent.succeed()
    session.receive_payment()
    balance.book_charge(charge)
    emit("charge.succeeded", charge_object(charge))
    emit("payment_intent.succeeded", intent_object(intent))
    emit("checkout.session.async_payment_succeeded", session_object(session))
    if BY_NUMBER[charge.debited_account].aftermath == "dispute":
        disputes.open_dispute(charge.pk, reason="debit_not_authorized")
    return True


@transaction.atomic
def fail(session_or_intent_id: str) -> bool:
    """Have the bank refuse now. Return whether its answer was waited for.

    The session stays complete and unpaid: only the event and the intent tell of the failure.
    Raise ``ApiError`` if there is no such session or intent.
    """
    session = _lock(session_or_intent_id)
    intent, charge = session.payment_intent, _awaited_charge(session)
    if intent is None or charge is None:
        return False
    refusal = _refusal_of(charge)
    charge.fail(code=refusal.code, message=refusal.message)
    intent.fail({**refusal.as_error(), "charge": charge.pk})
    emit("charge.failed", charge_object(charge))
    emit("payment_intent.payment_failed", intent_object(intent))
    emit("checkout.session.async_payment_failed", session_object(session))
    return True


def _pending_charge(intent: PaymentIntent, account: Account, method: dict[str, object]) -> Charge:
    wait = account.answers_in
    return Charge.objects.create(
        id=ids.debit_id(),
        payment_intent=intent,
        status=ChargeStatus.PENDING,
        currency=intent.currency,
        amount=intent.amount,
        payment_method=method,
        debited_account=account.number,
        answer_at=None if wait is None else timezone.now() + timedelta(seconds=wait),
    )


def _lock(session_or_intent_id: str) -> CheckoutSession:
    found = CheckoutSession.objects.filter(
        Q(pk=session_or_intent_id) | Q(payment_intent_id=session_or_intent_id)
    )
    return sessions.lock(found.values_list("pk", flat=True).first() or session_or_intent_id)


def _awaited_charge(session: CheckoutSession) -> Charge | None:
    intent = session.payment_intent
    if intent is None or intent.status != IntentStatus.PROCESSING:
        return None
    return intent.latest_charge


def _refusal_of(charge: Charge) -> Refusal:
    """Return the account's own reason, or one for an account that would have paid."""
    return BY_NUMBER[charge.debited_account].refusal or NOT_PAID
