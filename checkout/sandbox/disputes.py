"""What happens to disputes: opened, answered, won, lost; and to the inquiries before them.

Sources: Stripe, "How disputes work", "Test your integration" (evidence), and API, "Disputes".
"""

from typing import Any

from django.db import transaction

from checkout.sandbox import balance, charges, errors, evidence, refunds, session_rules
from checkout.sandbox.events import NOBODY, Cause, emit
from checkout.sandbox.models import Charge, Dispute, DisputeStatus
from checkout.sandbox.objects import dispute_object
from checkout.sandbox.sessions import merged_metadata
from project.jobs import job

# Seconds until a bank has judged the evidence; Stripe's test mode takes about as long.
BANK_TAKES = 5


@transaction.atomic
def open_dispute(
    charge_id: str, *, reason: str = "fraudulent", amount: int | None = None
) -> Dispute:
    """Have the buyer's bank take the money: all of the charge, or ``amount``.

    Raise ``ValueError`` if the charge has not succeeded or is already disputed.
    """
    dispute = _create(charge_id, DisputeStatus.NEEDS_RESPONSE, reason, amount)
    refunds.overtake(dispute)
    balance.book_withdrawal(dispute)
    _tell("created", dispute)
    _tell("funds_withdrawn", dispute)
    return dispute


@transaction.atomic
def open_inquiry(charge_id: str, *, reason: str = "fraudulent") -> Dispute:
    """Have the buyer's bank ask about a charge, without taking money.

    Raise ``ValueError`` if the charge has not succeeded or is already disputed.
    """
    dispute = _create(charge_id, DisputeStatus.WARNING_NEEDS_RESPONSE, reason, None)
    _tell("created", dispute)
    return dispute


@transaction.atomic
def escalate(dispute_id: str) -> bool:
    """Have an inquiry become a real dispute. Return whether it changed."""
    dispute = _lock(dispute_id)
    can_change = dispute.can_become(DisputeStatus.NEEDS_RESPONSE)
    if can_change:
        dispute.move_to(DisputeStatus.NEEDS_RESPONSE)
        refunds.overtake(dispute)
        balance.book_withdrawal(dispute)
        _tell("updated", dispute)
        _tell("funds_withdrawn", dispute)
    return can_change


def close_inquiry(dispute_id: str) -> bool:
    """Have the bank let an inquiry rest. Return whether it changed."""
    return _close(dispute_id, DisputeStatus.WARNING_CLOSED)


def prevent(dispute_id: str) -> bool:
    """Have an inquiry end without a dispute, the networks having settled it."""
    return _close(dispute_id, DisputeStatus.PREVENTED)


@transaction.atomic
def win(dispute_id: str) -> bool:
    """Have the bank side with the shop and give the money back. Return whether it changed."""
    dispute = _lock(dispute_id)
    can_change = dispute.can_become(DisputeStatus.WON)
    if can_change:
        dispute.move_to(DisputeStatus.WON)
        balance.book_reinstatement(dispute)
        _tell("funds_reinstated", dispute)
        _tell("closed", dispute)
    return can_change


def lose(dispute_id: str) -> bool:
    """Have the bank side with the buyer. Return whether it changed."""
    return _close(dispute_id, DisputeStatus.LOST)


@transaction.atomic
def appeal(dispute_id: str) -> bool:
    """Let the shop appeal against a lost dispute. Return whether it changed."""
    dispute = _lock(dispute_id)
    can_change = dispute.can_become(DisputeStatus.APPEAL_NEEDS_RESPONSE)
    if can_change:
        dispute.move_to(DisputeStatus.APPEAL_NEEDS_RESPONSE)
        _tell("updated", dispute)
    return can_change


def find(dispute_id: str) -> Dispute:
    """Return the dispute; raise ``ApiError`` if there is none."""
    dispute = Dispute.objects.select_related("charge").filter(pk=dispute_id).first()
    if dispute is None:
        raise errors.missing_resource("dispute", dispute_id, param="dispute")
    return dispute


def update(dispute_id: str, params: dict[str, Any], *, cause: Cause) -> Dispute:
    """Keep the shop's evidence, and send it to the bank unless ``submit`` is false.

    Raise ``ApiError`` if Stripe would refuse that.
    """
    new = evidence.checked(params.get("evidence", {}))
    metadata = params.get("metadata", {})
    session_rules.check_metadata(metadata, "metadata")
    with transaction.atomic():
        dispute = _lock_open(dispute_id)
        dispute.evidence |= new
        dispute.metadata = merged_metadata(dispute.metadata, metadata)
        session_rules.check_metadata(dispute.metadata, "metadata")
        dispute.save(update_fields=["evidence", "metadata"])
        if params.get("submit", bool(new)):
            _submit(dispute)
        _tell("updated", dispute, cause)
    return dispute


def concede(dispute_id: str, *, cause: Cause) -> Dispute:
    """Give a dispute up, as the shop; raise ``ApiError`` if it is over, or no dispute yet."""
    with transaction.atomic():
        dispute = _lock_open(dispute_id)
        if not dispute.can_become(DisputeStatus.LOST):
            raise errors.refused("This dispute is an inquiry, which cannot be closed.")
        dispute.move_to(DisputeStatus.LOST)
        _tell("closed", dispute, cause)
    return dispute


@job(queue="sandbox")
def decide(dispute_id: str) -> None:
    """Judge the evidence as Stripe's test mode does: by the words in it."""
    dispute = find(dispute_id)
    match evidence.verdict(dispute.evidence):
        case evidence.Verdict.WINNING if not dispute.is_inquiry:
            win(dispute_id)
        case evidence.Verdict.LOSING if not dispute.is_inquiry:
            lose(dispute_id)
        case evidence.Verdict.ESCALATING:
            escalate(dispute_id)
        case evidence.Verdict.WINNING | evidence.Verdict.LOSING:
            close_inquiry(dispute_id)


def _create(charge_id: str, status: DisputeStatus, reason: str, amount: int | None) -> Dispute:
    charge = charges.lock(charge_id)
    _check_disputable(charge)
    charge.is_disputed = True
    charge.save(update_fields=["is_disputed"])
    return Dispute.objects.create(
        charge=charge, status=status, reason=reason, amount=amount or charge.amount
    )


def _check_disputable(charge: Charge) -> None:
    if not charge.has_succeeded:
        raise ValueError(f"{charge} has taken no money to dispute.")
    if charge.disputes.unsettled().exists():
        raise ValueError(f"{charge} is disputed already.")


def _submit(dispute: Dispute) -> None:
    if not dispute.awaits_answer:
        raise errors.refused("The evidence for this dispute has already been submitted.")
    dispute.submit()
    if evidence.verdict(dispute.evidence):
        decide.in_seconds(BANK_TAKES, dispute.pk)


@transaction.atomic
def _close(dispute_id: str, status: DisputeStatus) -> bool:
    dispute = _lock(dispute_id)
    can_change = dispute.can_become(status)
    if can_change:
        dispute.move_to(status)
        _tell("closed", dispute)
    return can_change


def _lock_open(dispute_id: str) -> Dispute:
    dispute = _lock(dispute_id)
    if dispute.is_closed:
        raise errors.refused("This dispute is already closed")
    return dispute


def _lock(dispute_id: str) -> Dispute:
    """Return the dispute with its charge, under the charge's lock."""
    charge = charges.lock(find(dispute_id).charge_id)
    dispute = Dispute.objects.get(pk=dispute_id)
    dispute.charge = charge
    return dispute


def _tell(what: str, dispute: Dispute, cause: Cause = NOBODY) -> None:
    emit(f"charge.dispute.{what}", dispute_object(dispute), cause=cause)
