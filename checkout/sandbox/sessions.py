"""What happens to checkout sessions: made, changed, expired."""

from typing import Any

from django.db import transaction

from checkout.sandbox import errors, ids, session_rules
from checkout.sandbox.events import NOBODY, Cause, emit
from checkout.sandbox.models import CheckoutSession, IntentStatus, Switches
from checkout.sandbox.objects import intent_object, session_object


def create(params: dict[str, Any]) -> CheckoutSession:
    """Make a session; raise ``ApiError`` if Stripe would refuse the parameters."""
    params = session_rules.check_session(params)
    total, currency = session_rules.totals(params["line_items"])
    lines = params.pop("line_items")
    return CheckoutSession.objects.create(
        expires_at=session_rules.as_time(params["expires_at"]),
        currency=currency,
        amount_total=total,
        lines=[_with_ids(line) for line in lines],
        metadata=merged_metadata({}, params.pop("metadata", {})),
        parameters=params,
    )


def find(session_id: str) -> CheckoutSession:
    """Return the session, expired if its time is over; raise ``ApiError`` if there is none."""
    session = CheckoutSession.objects.filter(pk=session_id).first()
    if session is None:
        raise errors.missing_resource("checkout.session", session_id, param="session")
    if session.is_open and session.expires_at <= Switches.clock():
        with transaction.atomic():
            return lock(session_id)
    return session


def lock(session_id: str) -> CheckoutSession:
    """Return the session under a lock, expired if its time is over.

    Everything about a payment happens under this lock, so that of two clicks on Pay the second
    finds what the first one did.
    """
    session = CheckoutSession.objects.locked().filter(pk=session_id).first()
    if session is None:
        raise errors.missing_resource("checkout.session", session_id, param="session")
    if session.is_open and session.expires_at <= Switches.clock():
        _expire(session, NOBODY)
    return session


def expire(session_id: str, *, cause: Cause) -> CheckoutSession:
    """Expire the session now; raise ``ApiError`` if it is not open any more."""
    with transaction.atomic():
        session = lock(session_id)
        if session.is_open:
            _expire(session, cause)
            return session
    # Raised outside, so that an expiry which was merely overdue is kept.
    raise errors.ApiError(
        'Only Checkout Sessions with a status in ["open"] can be expired. '
        f"This Checkout Session has a status of `{session.status}`.",
        is_kept=True,
    )


def change_metadata(session_id: str, changes: dict[str, str] | str) -> CheckoutSession:
    """Merge ``changes`` into the session's metadata; an empty value takes a key away."""
    session_rules.check_metadata(changes, "metadata")
    with transaction.atomic():
        session = lock(session_id)
        session.metadata = merged_metadata(session.metadata, changes)
        session_rules.check_metadata(session.metadata, "metadata")
        session.save(update_fields=["metadata"])
    return session


def merged_metadata(old: dict[str, str], changes: dict[str, str] | str) -> dict[str, str]:
    """Return ``old`` with ``changes``; the empty string takes everything away."""
    if isinstance(changes, str):
        return {}
    return {key: value for key, value in (old | changes).items() if value}


def _expire(session: CheckoutSession, cause: Cause) -> None:
    session.expire()
    intent = session.payment_intent
    if intent and intent.status != IntentStatus.SUCCEEDED:
        intent.cancel()
        emit("payment_intent.canceled", intent_object(intent), cause=cause)
    emit("checkout.session.expired", session_object(session), cause=cause)


def _with_ids(line: dict[str, Any]) -> dict[str, Any]:
    return {
        **line,
        "id": ids.new_id("li_"),
        "price_id": ids.new_id("price_"),
        "product_id": ids.new_id("prod_", length=14),
    }
