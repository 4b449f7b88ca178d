"""Stripe's objects, read: sessions, refunds, disputes and events as the shop understands them.

They are plain dictionaries, and anything may be missing: an event can be rendered at another API
version than ours. Names and meanings are Stripe's, API version 2026-10-28.endive.
"""

from datetime import UTC, datetime
from typing import Any

from checkout.gateways.answers import (
    DisputeSnapshot,
    Malformed,
    Movement,
    Notice,
    RefundSnapshot,
    SessionState,
    Snapshot,
    Sold,
    SoldLine,
    Topic,
)
from checkout.gateways.stripe_money import from_stripe

type Json = dict[str, Any]

# What the endpoint subscribes to. Refunds are told of by ``refund.*`` alone since 2024-10-28.
EVENT_TYPES = {
    "checkout.session.completed": Topic.SESSION,
    "checkout.session.async_payment_succeeded": Topic.SESSION,
    "checkout.session.async_payment_failed": Topic.SESSION,
    "checkout.session.expired": Topic.SESSION,
    "refund.created": Topic.REFUND,
    "refund.updated": Topic.REFUND,
    "refund.failed": Topic.REFUND,
    "charge.dispute.created": Topic.DISPUTE,
    "charge.dispute.updated": Topic.DISPUTE,
    "charge.dispute.closed": Topic.DISPUTE,
    "charge.dispute.funds_withdrawn": Topic.DISPUTE,
    "charge.dispute.funds_reinstated": Topic.DISPUTE,
    "radar.early_fraud_warning.created": Topic.FRAUD_WARNING,
}


def session_snapshot(session: Json) -> Snapshot:
    """Return what is true of a session whose intent and charge were expanded."""
    intent = _whole(session.get("payment_intent"))
    charge = _whole(intent.get("latest_charge"))
    currency = session.get("currency") or ""
    error = intent.get("last_payment_error") or {}
    state = _state(session, intent)
    received = intent.get("amount_received") if state == SessionState.PAID else None
    return Snapshot(
        state=state,
        session_id=session["id"],
        livemode=bool(session.get("livemode")),
        amount_minor=from_stripe(session.get("amount_total") or 0, currency),
        received_minor=None if received is None else from_stripe(received, currency),
        currency=currency,
        url=session.get("url") or "",
        intent_id=intent.get("id"),
        charge_id=charge.get("id"),
        method=(charge.get("payment_method_details") or {}).get("type") or "",
        card=_card(charge),
        customer_email=(session.get("customer_details") or {}).get("email") or "",
        error=error.get("message") or "",
    )


def refund_snapshot(refund: Json) -> RefundSnapshot:
    """Return what is true of a refund."""
    currency = refund.get("currency") or ""
    return RefundSnapshot(
        refund_id=refund["id"],
        status=refund.get("status") or "pending",
        amount_minor=from_stripe(refund.get("amount") or 0, currency),
        currency=currency,
        key=_metadata(refund).get("refund", ""),
        error=refund.get("failure_reason") or "",
    )


def dispute_snapshot(dispute: Json) -> DisputeSnapshot:
    """Return what is true of a dispute.

    Its balance transactions are in the account's currency and with fees, so that only their
    direction is read: what moved is the disputed amount.
    """
    currency = dispute.get("currency") or ""
    amount_minor = from_stripe(dispute.get("amount") or 0, currency)
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeSnapshot(
        dispute_id=dispute["id"],
        status=dispute.get("status") or "",
        reason=dispute.get("reason") or "",
        amount_minor=amount_minor,
        currency=currency,
        is_charge_refundable=bool(dispute.get("is_charge_refundable")),
        evidence_due_at=datetime.fromtimestamp(due, UTC) if due else None,
        movements=tuple(
            Movement(
                movement_id=moved["id"],
                amount_minor=amount_minor if moved["amount"] > 0 else -amount_minor,
            )
            for moved in dispute.get("balance_transactions") or []
        ),
    )


def sold(session: Json) -> Sold:
    """Return what was sold in a session; its lines only where they were expanded."""
    currency = session.get("currency") or ""
    items = (session.get("line_items") or {}).get("data") or []
    return Sold(
        snapshot=session_snapshot(session),
        created_at=datetime.fromtimestamp(session["created"], UTC),
        expires_at=datetime.fromtimestamp(session["expires_at"], UTC),
        metadata=_metadata(session),
        email=session.get("customer_email") or "",
        lines=tuple(_sold_line(item, currency) for item in items),
    )


def notice(event: Any, *, livemode: bool, api_version: str) -> Notice:
    """Return what an event says. Raise ``Malformed`` if it is not one."""
    try:
        thing = event["data"]["object"]
        is_event = event["object"] == "event"
        created = datetime.fromtimestamp(int(event["created"]), UTC)
        ids = [event["id"], event["type"], thing["id"]]
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise Malformed("not an event") from error
    if not is_event or not all(isinstance(name, str) and 0 < len(name) <= 255 for name in ids):
        raise Malformed("not an event")
    version = str(event.get("api_version") or "")[:64]
    topic = EVENT_TYPES.get(event["type"], Topic.NOTHING)
    return Notice(
        event_id=event["id"],
        type=event["type"],
        livemode=event.get("livemode") is True,
        object_id=thing["id"],
        created_at=created,
        api_version=version,
        session_id=thing["id"] if topic == Topic.SESSION else None,
        intent_id=_whole(thing.get("payment_intent")).get("id"),
        payment_key=_metadata(thing).get("payment"),
        topic=topic,
        is_ours=event.get("livemode") is livemode and not event.get("account"),
        is_of_our_version=version in ("", api_version),
        payload=event,
    )


def _state(session: Json, intent: Json) -> SessionState:
    """Source: Stripe's table of ``status`` and ``payment_status`` of a Checkout Session."""
    if session.get("status") == "open":
        return SessionState.OPEN
    if session.get("status") == "expired":
        return SessionState.EXPIRED
    if session.get("payment_status") in ("paid", "no_payment_required"):
        return SessionState.PAID
    # Complete, but the money is not there. After a failure only the intent tells.
    has_failed = intent.get("status") in ("requires_payment_method", "canceled")
    return SessionState.FAILED if has_failed else SessionState.PROCESSING


def _card(charge: Json) -> str:
    details = charge.get("payment_method_details") or {}
    card = details.get("card") or {}
    if card.get("last4"):
        return f"{(card.get('brand') or '').title()} {card['last4']}"
    account = details.get(details.get("type") or "") or {}
    return f"Account {account['last4']}" if account.get("last4") else ""


def _sold_line(item: Json, currency: str) -> SoldLine:
    seats = item.get("quantity") or 1
    return SoldLine(
        title=item.get("description") or "",
        seats=seats,
        price_minor=from_stripe((item.get("amount_subtotal") or 0) // seats, currency),
        metadata=_metadata(item),
    )


def _whole(thing: Any) -> Json:
    """Return an object that may be given whole, as its id, or not at all."""
    if isinstance(thing, dict):
        return thing
    return {"id": thing if isinstance(thing, str) else None}


def _metadata(thing: Json) -> dict[str, str]:
    metadata = thing.get("metadata")
    texts = metadata.items() if isinstance(metadata, dict) else ()
    return {name: value for name, value in texts if isinstance(value, str)}
