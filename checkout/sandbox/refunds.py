"""What happens to refunds: made, paid out, come back, called back.

Sources: Stripe, "Refund and cancel payments", and API, "Refunds".
"""

from typing import Any

from django.db import transaction

from checkout.sandbox import balance, charges, currencies, errors, ids, session_rules
from checkout.sandbox.events import NOBODY, Cause, emit
from checkout.sandbox.models import Charge, Dispute, Refund, RefundCourse, RefundStatus
from checkout.sandbox.objects import charge_object, refund_object
from checkout.sandbox.sessions import merged_metadata
from project.jobs import job

# Seconds until a bank has dealt with a refund; Stripe takes days where we take moments.
BANK_TAKES = 8

IMITATED = {"amount", "charge", "metadata", "payment_intent", "reason"}


def create(params: dict[str, Any], *, cause: Cause) -> Refund:
    """Give money back; raise ``ApiError`` if Stripe would refuse to."""
    _check(params)
    charge_id = charges.to_refund(params)
    with transaction.atomic():
        charge = charges.lock(charge_id)
        amount = _checked_amount(charge, params.get("amount"))
        return _give_back(charge, amount, params, cause)


def create_in_dashboard(charge_id: str, *, amount: int | None = None, reason: str = "") -> Refund:
    """Give money back as a person at Stripe's Dashboard does: all that is left, or ``amount``.

    The shop has not asked for it, so that no metadata says which order it belongs to.
    """
    asked = {"charge": charge_id, "amount": amount, "reason": reason}
    return create({name: value for name, value in asked.items() if value}, cause=NOBODY)


def find(refund_id: str) -> Refund:
    """Return the refund; raise ``ApiError`` if there is none."""
    refund = Refund.objects.select_related("charge").filter(pk=refund_id).first()
    if refund is None:
        raise errors.missing_resource("refund", refund_id, param="refund")
    return refund


def change_metadata(refund_id: str, changes: dict[str, str] | str, *, cause: Cause) -> Refund:
    """Merge ``changes`` into the refund's metadata; an empty value takes a key away."""
    session_rules.check_metadata(changes, "metadata")
    with transaction.atomic():
        refund = _lock(refund_id)
        refund.metadata = merged_metadata(refund.metadata, changes)
        session_rules.check_metadata(refund.metadata, "metadata")
        refund.save(update_fields=["metadata"])
        _tell(refund, cause)
    return refund


def cancel_by_api(refund_id: str, *, cause: Cause) -> Refund:
    """Call back a refund that waits for the buyer; raise ``ApiError`` if it does not wait.

    Stripe: API, "Cancel a refund": those in other states cannot be canceled by the API.
    """
    with transaction.atomic():
        refund = _lock(refund_id)
        if refund.status != RefundStatus.REQUIRES_ACTION:
            raise errors.refused("Canceling this refund is unsupported.")
        _cancel(refund, cause)
    return refund


@transaction.atomic
def cancel(refund_id: str) -> bool:
    """Call back a refund that has not arrived, as the Dashboard can. Return whether it did."""
    refund = _lock(refund_id)
    can_change = refund.can_become(RefundStatus.CANCELED)
    if can_change:
        _cancel(refund, NOBODY)
    return can_change


@transaction.atomic
def require_action(refund_id: str) -> bool:
    """Have a pending refund wait for the buyer. Return whether it changed."""
    refund = _lock(refund_id)
    can_change = refund.can_become(RefundStatus.REQUIRES_ACTION)
    if can_change:
        refund.require_action()
        _tell(refund, NOBODY)
    return can_change


@transaction.atomic
def succeed(refund_id: str) -> bool:
    """Have a refund arrive that was under way. Return whether it changed."""
    refund = _lock(refund_id)
    can_change = refund.can_become(RefundStatus.SUCCEEDED)
    if can_change:
        refund.succeed()
        _tell(refund, NOBODY)
    return can_change


@transaction.atomic
def fail(refund_id: str, *, reason: str = "expired_or_canceled_card") -> bool:
    """Have a refund come back from the bank, even a succeeded one. Return whether it changed.

    ``reason`` is one of Stripe's for ``failure_reason``.
    """
    refund = _lock(refund_id)
    can_change = refund.can_become(RefundStatus.FAILED)
    if can_change:
        _fail(refund, reason)
    return can_change


@job(queue="sandbox")
def conclude(refund_id: str) -> None:
    """Do what the bank of the charge's card does with a refund after a while."""
    if find(refund_id).charge.refund_course == RefundCourse.BOUNCED:
        fail(refund_id)
    else:
        succeed(refund_id)


def overtake(dispute: Dispute) -> None:
    """Fail the refunds that a dispute of the same charge overtakes, so that nobody pays twice.

    They are those still under way, and those made while the dispute was only an inquiry. The
    caller holds the charge's lock.
    """
    for refund in dispute.charge.refunds.order_by("created_at"):
        refund.charge = dispute.charge
        is_overtaken = refund.created_at >= dispute.created_at or refund.is_under_way
        if is_overtaken and refund.can_become(RefundStatus.FAILED):
            _fail(refund, "charge_for_pending_refund_disputed")


def _check(params: dict[str, Any]) -> None:
    for name in sorted(params.keys() - IMITATED):
        raise errors.not_imitated(name)
    session_rules.check_metadata(params.get("metadata", {}), "metadata")
    if params.get("amount") == 0:
        raise errors.invalid_parameter(
            "This value must be greater than or equal to 1.",
            "amount",
            code="parameter_invalid_integer",
        )


def _checked_amount(charge: Charge, asked: int | None) -> int:
    """Return how much to give back: what is asked for, or else all that is left."""
    if Dispute.objects.unrefundable().filter(charge=charge).exists():
        raise errors.refused(
            f"Charge {charge.pk} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if charge.is_refunded:
        raise errors.refused(
            f"Charge {charge.pk} has already been refunded.", code="charge_already_refunded"
        )
    amount = charge.amount_left if asked is None else asked
    currencies.check_amount(amount, charge.currency, "amount")
    if amount > charge.amount_left:
        asked_for, left = (
            currencies.display(value, charge.currency) for value in (amount, charge.amount_left)
        )
        raise errors.refused(
            f"Refund amount ({asked_for}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )
    return amount


def _give_back(charge: Charge, amount: int, params: dict[str, Any], cause: Cause) -> Refund:
    is_slow = charge.refund_course == RefundCourse.SLOW
    refund = Refund(
        pk=ids.refund_id(charge.payment_method["type"]),
        charge=charge,
        status=RefundStatus.PENDING if is_slow else RefundStatus.SUCCEEDED,
        amount=amount,
        reason=params.get("reason", ""),
        metadata=merged_metadata({}, params.get("metadata", {})),
    )
    refund.balance_transaction = balance.book_refund(refund)
    refund.save(force_insert=True)
    charge.count_refund(amount)
    emit("refund.created", refund_object(refund), cause=cause)
    emit("charge.refunded", charge_object(charge), cause=cause)
    if charge.refund_course != RefundCourse.AT_ONCE:
        conclude.in_seconds(BANK_TAKES, refund.pk)
    return refund


def _cancel(refund: Refund, cause: Cause) -> None:
    refund.cancel(balance.book_failed_refund(refund))
    refund.charge.count_refund(-refund.amount)
    _tell(refund, cause)


def _fail(refund: Refund, reason: str) -> None:
    refund.fail(reason, balance.book_failed_refund(refund))
    refund.charge.count_refund(-refund.amount)
    _tell(refund, NOBODY)
    emit("refund.failed", refund_object(refund))


def _lock(refund_id: str) -> Refund:
    """Return the refund with its charge, under the charge's lock."""
    charge = charges.lock(find(refund_id).charge_id)
    refund = Refund.objects.get(pk=refund_id)
    refund.charge = charge
    return refund


def _tell(refund: Refund, cause: Cause) -> None:
    """Tell of a change. Of refunds to cards Stripe tells under the older name as well."""
    emit("refund.updated", refund_object(refund), cause=cause)
    if refund.charge.payment_method["type"] == "card":
        emit("charge.refund.updated", refund_object(refund), cause=cause)
