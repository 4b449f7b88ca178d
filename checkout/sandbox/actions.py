"""What can be done by hand to a recent session, and to what was paid with it.

The control page shows a button for each action that applies, and the JSON API takes its name. To
add one, add it to ``ACTIONS``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from checkout.sandbox import debits, disputes, errors, fraud_warnings, refunds, sessions
from checkout.sandbox.events import NOBODY
from checkout.sandbox.models import (
    Charge,
    CheckoutSession,
    Dispute,
    IntentStatus,
    Refund,
    RefundStatus,
)


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something to do. ``do`` may raise ``ApiError`` if it is not possible any more."""

    name: str
    label: str
    applies: Callable[[CheckoutSession], bool]
    do: Callable[[CheckoutSession], object]


def _is_open(session: CheckoutSession) -> bool:
    return session.is_open


def _expire(session: CheckoutSession) -> None:
    sessions.expire(session.pk, cause=NOBODY)


def _awaits_bank(session: CheckoutSession) -> bool:
    intent = session.payment_intent
    return intent is not None and intent.status == IntentStatus.PROCESSING


def _succeed(session: CheckoutSession) -> None:
    debits.succeed(session.pk)


def _fail(session: CheckoutSession) -> None:
    debits.fail(session.pk)


def _charge_of(session: CheckoutSession) -> Charge | None:
    """Return the charge that brought the money."""
    intent = session.payment_intent
    charge = intent.latest_charge if intent else None
    return charge if charge and charge.has_succeeded else None


def _paid(session: CheckoutSession) -> Charge:
    charge = _charge_of(session)
    if charge is None:
        raise errors.refused("Nothing has been paid with this session.", code="charge_missing")
    return charge


def _has_money(session: CheckoutSession) -> bool:
    charge = _charge_of(session)
    return charge is not None and charge.amount_left > 0 and _open_dispute(session) is None


def _refund_all(session: CheckoutSession) -> None:
    refunds.create_in_dashboard(_paid(session).pk)


def _refund_half(session: CheckoutSession) -> None:
    charge = _paid(session)
    refunds.create_in_dashboard(charge.pk, amount=(charge.amount_left + 1) // 2)


def _latest_refund(session: CheckoutSession, *statuses: RefundStatus) -> Refund | None:
    charge = _charge_of(session)
    made = charge.refunds.all() if charge else ()
    fitting = [refund for refund in made if refund.status in statuses]
    return max(fitting, key=lambda refund: refund.created_at, default=None)


def _refund_that_can_fail(session: CheckoutSession) -> Refund | None:
    return _latest_refund(session, RefundStatus.PENDING, RefundStatus.SUCCEEDED)


def _can_fail_refund(session: CheckoutSession) -> bool:
    return _refund_that_can_fail(session) is not None


def _fail_refund(session: CheckoutSession) -> None:
    if refund := _refund_that_can_fail(session):
        refunds.fail(refund.pk)


def _has_pending_refund(session: CheckoutSession) -> bool:
    return _latest_refund(session, RefundStatus.PENDING) is not None


def _succeed_refund(session: CheckoutSession) -> None:
    if refund := _latest_refund(session, RefundStatus.PENDING):
        refunds.succeed(refund.pk)


def _open_dispute(session: CheckoutSession) -> Dispute | None:
    charge = _charge_of(session)
    complaints = charge.disputes.all() if charge else ()
    return next((dispute for dispute in complaints if not dispute.is_closed), None)


def _can_dispute(session: CheckoutSession) -> bool:
    return _charge_of(session) is not None and _open_dispute(session) is None


def _dispute(session: CheckoutSession) -> None:
    _complain(disputes.open_dispute, session)


def _inquire(session: CheckoutSession) -> None:
    _complain(disputes.open_inquiry, session)


def _complain(begin: Callable[[str], Dispute], session: CheckoutSession) -> None:
    charge = _paid(session)
    try:
        begin(charge.pk)
    except ValueError as error:
        raise errors.refused(str(error), code="charge_disputed") from error


def _is_disputed(session: CheckoutSession) -> bool:
    dispute = _open_dispute(session)
    return dispute is not None and not dispute.is_inquiry


def _is_asked(session: CheckoutSession) -> bool:
    dispute = _open_dispute(session)
    return dispute is not None and dispute.is_inquiry


def _on_dispute(verb: Callable[[str], bool]) -> Callable[[CheckoutSession], None]:
    """Return what does ``verb`` to the session's dispute, if there is one that is open."""

    def do(session: CheckoutSession) -> None:
        if dispute := _open_dispute(session):
            verb(dispute.pk)

    return do


def _is_paid(session: CheckoutSession) -> bool:
    return _charge_of(session) is not None


def _warn(session: CheckoutSession) -> None:
    fraud_warnings.send(_paid(session).pk)


ACTIONS = [
    Action(name="expire", label="Expire now", applies=_is_open, do=_expire),
    Action(name="succeed", label="The bank pays", applies=_awaits_bank, do=_succeed),
    Action(name="fail", label="The bank refuses", applies=_awaits_bank, do=_fail),
    Action(name="refund", label="Refund it", applies=_has_money, do=_refund_all),
    Action(name="refund-half", label="Refund half", applies=_has_money, do=_refund_half),
    Action(
        name="succeed-refund",
        label="The refund arrives",
        applies=_has_pending_refund,
        do=_succeed_refund,
    ),
    Action(
        name="fail-refund", label="The refund comes back", applies=_can_fail_refund, do=_fail_refund
    ),
    Action(name="dispute", label="Dispute it", applies=_can_dispute, do=_dispute),
    Action(name="inquire", label="Inquire", applies=_can_dispute, do=_inquire),
    Action(name="win", label="The shop wins", applies=_is_disputed, do=_on_dispute(disputes.win)),
    Action(
        name="lose", label="The shop loses", applies=_is_disputed, do=_on_dispute(disputes.lose)
    ),
    Action(
        name="escalate",
        label="It becomes a dispute",
        applies=_is_asked,
        do=_on_dispute(disputes.escalate),
    ),
    Action(
        name="close-inquiry",
        label="It is closed",
        applies=_is_asked,
        do=_on_dispute(disputes.close_inquiry),
    ),
    Action(name="warn", label="Warn of fraud", applies=_is_paid, do=_warn),
]


def named(name: str) -> Action | None:
    """Return the action, if there is one of this name."""
    return next((action for action in ACTIONS if action.name == name), None)


def applicable(session: CheckoutSession) -> list[Action]:
    """Return what can be done to the session as it is."""
    return [action for action in ACTIONS if action.applies(session)]
