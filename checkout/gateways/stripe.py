"""Stripe Checkout: the only module that imports the SDK.

Facts are Stripe's: API version 2026-10-28.endive, as the SDK pins it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import urlencode

import stripe
from django.conf import settings
from django.urls import reverse

from checkout.gateways import (
    Forged,
    Malformed,
    NotFound,
    Notice,
    OutcomeUnknown,
    Refused,
    SessionState,
    Snapshot,
    Started,
    Unavailable,
)
from checkout.gateways.stripe_money import check_stripe_amount, from_stripe, to_stripe

if TYPE_CHECKING:
    from checkout.models import Order, OrderLine, Payment

TIMEOUT = (3.05, 12)  # seconds to connect and to read; a person is waiting
WEBHOOK_TOLERANCE = 300  # seconds
SESSION_EXPANSIONS = ["payment_intent.latest_charge"]

stripe.enable_telemetry = False

_http_clients: list[stripe.RequestsClient] = []


class StripeGateway:
    """Stripe, or the sandbox that speaks like it."""

    name = "stripe"

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""
        return bool(settings.STRIPE_LIVEMODE)

    def build_request(self, order: "Order", *, key: str, expires_at: datetime) -> dict[str, Any]:
        """Return the parameters of a Checkout Session for ``order``."""
        ids = {"order": order.reference, "payment": key}
        page = settings.SITE_URL + order.get_absolute_url()
        canceled = urlencode({"canceled": order.reference})
        return {
            "mode": "payment",
            "line_items": _line_items(order),
            "client_reference_id": order.reference,
            "customer_email": order.email,
            "metadata": ids,
            # Refunds and disputes carry the intent's metadata, never the session's.
            "payment_intent_data": {"metadata": ids},
            "expires_at": int(expires_at.timestamp()),
            # One currency, one amount: otherwise the sum received cannot be compared.
            "adaptive_pricing": {"enabled": False},
            # Money that is there at once. What banks confirm days later comes with its own pages.
            "allowed_payment_method_types": ["card"],
            "submit_type": "pay",
            "success_url": page,
            "cancel_url": f"{settings.SITE_URL}{reverse('checkout:cart')}?{canceled}",
        }

    def create(self, payment: "Payment") -> Started:
        """Open a Checkout Session."""
        try:
            session = _client().v1.checkout.sessions.create(
                cast("Any", payment.request), {"idempotency_key": payment.idempotency_key}
            )
        except stripe.StripeError as error:
            _explain(error)
        return Started(
            session_id=session.id,
            url=session.url or "",
            expires_at=datetime.fromtimestamp(session.expires_at, UTC),
        )

    def fetch(self, payment: "Payment") -> Snapshot:
        """Retrieve the payment's session."""
        if not payment.session_id:
            raise NotFound("No session was saved for this payment.")
        try:
            session = _client().v1.checkout.sessions.retrieve(
                payment.session_id, {"expand": SESSION_EXPANSIONS}
            )
        except stripe.StripeError as error:
            _explain(error)
        return _snapshot(session.to_dict())

    def cancel(self, payment: "Payment") -> Snapshot:
        """Expire the payment's session, unless the customer was faster."""
        try:
            _client().v1.checkout.sessions.expire(payment.session_id or "")
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                _explain(error)
            # Only open sessions can be expired: what it is instead, fetch tells.
        except stripe.StripeError as error:
            _explain(error)
        return self.fetch(payment)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify Stripe's signature and read the event.

        Not the SDK's ``construct_event``: on garbage it raises five more exceptions than it says.
        """
        _verify(headers.get("Stripe-Signature", ""), body)
        try:
            event = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Malformed("not JSON") from error
        return _notice(event)

    def check_amount(self, amount_minor: int, currency: str) -> None:
        """Raise ``ValueError`` outside what Stripe can charge."""
        check_stripe_amount(amount_minor, currency)


def _client() -> stripe.StripeClient:
    return _client_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@cache
def _client_for(secret_key: str, api_base: str) -> stripe.StripeClient:
    """Return a client, made once: it keeps its connections."""
    http_client = stripe.RequestsClient(timeout=TIMEOUT)
    _http_clients.append(http_client)
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base} if api_base else {},
        # The client's own default is no retry at all, whatever the module's says.
        max_network_retries=1,
        http_client=http_client,
    )


def close_clients() -> None:
    """Close the connections to Stripe; the next call opens new ones."""
    _client_for.cache_clear()
    while _http_clients:
        _http_clients.pop().close()  # type: ignore[no-untyped-call]


def _explain(error: stripe.StripeError) -> NoReturn:
    """Raise what the error means for us. Whether something was done decides, not the class.

    Stripe's sentences may quote what the customer typed, so only its codes are kept,
    and the error itself is not shown beside ours.
    """
    status = error.http_status
    what = f"{type(error).__name__} {status} {error.code or ''} {error.request_id or ''}".strip()
    if status == 404:
        raise NotFound(what) from None
    if status in (409, 429):
        raise Unavailable(what) from None
    if status is not None and 400 <= status < 500:
        raise Refused(f"{what} {getattr(error, 'param', None) or ''}".strip()) from None
    raise OutcomeUnknown(what) from None


def _line_items(order: "Order") -> list[dict[str, Any]]:
    """Return one item for each course, with its seats as the quantity."""

    def course_and_price(line: "OrderLine") -> tuple[int, str, int]:
        return line.course_id, line.title, line.price_minor

    lines = sorted(order.lines.all(), key=course_and_price)
    return [
        {
            "quantity": len(list(seats)),
            "price_data": {
                "currency": order.currency,
                "unit_amount": to_stripe(price_minor, order.currency),
                "product_data": {"name": title},
            },
        }
        for (_, title, price_minor), seats in groupby(lines, course_and_price)
    ]


def _snapshot(session: dict[str, Any]) -> Snapshot:
    intent = session.get("payment_intent")
    intent = intent if isinstance(intent, dict) else {"id": intent}
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {"id": charge}
    currency = session.get("currency") or ""
    error = intent.get("last_payment_error") or {}
    return Snapshot(
        state=_state(session, intent),
        session_id=session["id"],
        livemode=bool(session.get("livemode")),
        amount_minor=from_stripe(session.get("amount_total") or 0, currency),
        currency=currency,
        url=session.get("url") or "",
        intent_id=intent.get("id"),
        charge_id=charge.get("id"),
        method=(charge.get("payment_method_details") or {}).get("type") or "",
        card=_card(charge),
        customer_email=(session.get("customer_details") or {}).get("email") or "",
        error=error.get("message") or "",
    )


def _state(session: dict[str, Any], intent: dict[str, Any]) -> SessionState:
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


def _card(charge: dict[str, Any]) -> str:
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    return f"{(card.get('brand') or '').title()} {card['last4']}" if card.get("last4") else ""


def _verify(header: str, body: bytes) -> None:
    """Raise ``Forged`` unless one of our secrets signed the body, and not long ago."""
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            # A header that is not ASCII, or a body that is not UTF-8, raises the other two.
            stripe.WebhookSignature.verify_header(
                body.decode(), header, secret, tolerance=WEBHOOK_TOLERANCE
            )
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            continue
        return
    raise Forged


def _notice(event: Any) -> Notice:
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
    metadata = thing.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    is_session = event["type"].startswith("checkout.session.")
    return Notice(
        event_id=event["id"],
        type=event["type"],
        livemode=event.get("livemode") is True,
        object_id=thing["id"],
        created_at=created,
        api_version=str(event.get("api_version") or "")[:64],
        session_id=thing["id"] if is_session else None,
        payment_key=_text(metadata.get("payment")),
        is_about_payment=is_session,
        is_ours=event.get("livemode") is settings.STRIPE_LIVEMODE and not event.get("account"),
        payload=event,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
