"""Stripe Checkout: the only module that imports the SDK.

Facts are Stripe's: API version 2026-10-28.endive, as the SDK pins it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import quote_plus

import stripe
from django.conf import settings

from checkout.gateways import (
    DisputeSnapshot,
    EmailRefused,
    EndsAtWrongTime,
    Forged,
    Malformed,
    NotFound,
    Notice,
    OutcomeUnknown,
    RefundSnapshot,
    Refused,
    Snapshot,
    Sold,
    Started,
    Unavailable,
)
from checkout.gateways.stripe_money import check_stripe_amount
from checkout.gateways.stripe_objects import (
    EVENT_TYPES,
    dispute_snapshot,
    notice,
    refund_snapshot,
    session_snapshot,
    sold,
)
from checkout.gateways.stripe_requests import refund_request, session_request

if TYPE_CHECKING:
    from checkout.models import Order, Payment, Refund

TIMEOUT = (3.05, 12)  # seconds to connect and to read; a person is waiting
WEBHOOK_TOLERANCE = 300  # seconds
SESSION_EXPANSIONS = ["payment_intent.latest_charge"]
LINE_EXPANSIONS = [*SESSION_EXPANSIONS, "line_items"]
PAGE = 100  # rows of a list for each request; Stripe gives no more
LIFETIME = timedelta(hours=24)  # of a session, at the most

stripe.enable_telemetry = False

_http_clients: list[stripe.HTTPClient] = []
_substitutes: list[stripe.HTTPClient] = []
_stand_ins: list[stripe.StripeClient] = []


class StripeGateway:
    """Stripe, or the sandbox that speaks like it."""

    name = "stripe"

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""
        return bool(settings.STRIPE_LIVEMODE)

    def build_request(
        self, order: "Order", *, key: str, expires_at: datetime, tells_email: bool = True
    ) -> dict[str, Any]:
        """Return the parameters of a Checkout Session for ``order``."""
        return session_request(order, key=key, expires_at=expires_at, tells_email=tells_email)

    def build_refund(
        self, payment: "Payment", *, amount_minor: int, key: str, is_duplicate: bool
    ) -> dict[str, Any]:
        """Return the parameters of a refund."""
        return refund_request(
            payment, amount_minor=amount_minor, key=key, is_duplicate=is_duplicate
        )

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
            # Each object of an answer is made into a class of the SDK's otherwise, only to be a
            # dictionary again: that took it longer than all else that it does.
            answer = _client().raw_request(
                "get",
                f"/v1/checkout/sessions/{quote_plus(payment.session_id)}",
                expand=SESSION_EXPANSIONS,
            )
        except stripe.StripeError as error:
            _explain(error)
        return session_snapshot(answer.data)

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
        return self.read_event(event)

    def read_event(self, payload: dict[str, Any]) -> Notice:
        """Say what an event is about."""
        return notice(payload, livemode=self.livemode, api_version=stripe.api_version)

    def undelivered_events(self, since: datetime) -> Iterator[Notice]:
        """List the events whose delivery failed. Stripe keeps them for 30 days."""
        params = {
            "types": list(EVENT_TYPES),
            "delivery_success": False,
            "created": {"gte": int(since.timestamp())},
            "limit": PAGE,
        }
        try:
            for event in _client().v1.events.list(cast("Any", params)).auto_paging_iter():
                yield self.read_event(event.to_dict())
        except stripe.StripeError as error:
            _explain(error)

    def completed_sessions(self, since: datetime) -> Iterator[Sold]:
        """List the sessions completed since then.

        Stripe knows when a session was made, not when it was completed: it lives for a day at most.
        """
        params = {
            "status": "complete",
            "created": {"gte": int((since - LIFETIME).timestamp())},
            "limit": PAGE,
        }
        try:
            sessions = _client().v1.checkout.sessions.list(cast("Any", params))
            for session in sessions.auto_paging_iter():
                # The account may have other shops, whose sessions are none of our business.
                if (session.to_dict().get("metadata") or {}).get("site") == settings.SITE_URL:
                    yield sold(session.to_dict())
        except stripe.StripeError as error:
            _explain(error)

    def returned_intents(self, since: datetime) -> Iterator[str]:
        """List the intents of the refunds and disputes made since then."""
        params = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        try:
            for made in (_client().v1.refunds, _client().v1.disputes):
                for thing in made.list(cast("Any", params)).auto_paging_iter():
                    if intent_id := thing.to_dict().get("payment_intent"):
                        yield str(intent_id)
        except stripe.StripeError as error:
            _explain(error)

    def sold_in(self, session_id: str) -> Sold:
        """Retrieve a session with its lines."""
        try:
            session = _client().v1.checkout.sessions.retrieve(
                session_id, {"expand": LINE_EXPANSIONS}
            )
        except stripe.StripeError as error:
            _explain(error)
        return sold(session.to_dict())

    def key_of_intent(self, intent_id: str) -> str | None:
        """Find the intent's session, and in its metadata our key."""
        try:
            found = _client().v1.checkout.sessions.list({"payment_intent": intent_id})
        except stripe.InvalidRequestError as error:
            if error.http_status in (400, 404):
                return None  # an intent that came by no session
            _explain(error)
        except stripe.StripeError as error:
            _explain(error)
        metadata = [session.to_dict().get("metadata") or {} for session in found.data]
        return next((ids["payment"] for ids in metadata if ids.get("payment")), None)

    def refund(self, refund: "Refund") -> RefundSnapshot:
        """Make a refund."""
        try:
            made = _client().v1.refunds.create(
                cast("Any", refund.request), {"idempotency_key": refund.idempotency_key}
            )
        except stripe.StripeError as error:
            _explain(error)
        return refund_snapshot(made.to_dict())

    def refunds_of(self, payment: "Payment") -> list[RefundSnapshot]:
        """List the refunds of the payment's intent. Stripe has the newest first."""
        if not payment.intent_id:
            return []
        try:
            found = _client().v1.refunds.list({"payment_intent": payment.intent_id, "limit": PAGE})
            newest_first = [refund_snapshot(made.to_dict()) for made in found.auto_paging_iter()]
        except stripe.StripeError as error:
            _explain(error)
        return newest_first[::-1]

    def disputes_of(self, payment: "Payment") -> list[DisputeSnapshot]:
        """List the disputes about the payment's intent."""
        if not payment.intent_id:
            return []
        try:
            found = _client().v1.disputes.list({"payment_intent": payment.intent_id, "limit": PAGE})
            return [dispute_snapshot(dispute.to_dict()) for dispute in found.auto_paging_iter()]
        except stripe.StripeError as error:
            _explain(error)

    def check_amount(self, amount_minor: int, currency: str) -> None:
        """Raise ``ValueError`` outside what Stripe can charge."""
        check_stripe_amount(amount_minor, currency)


def _client() -> stripe.StripeClient:
    if _stand_ins:
        return _stand_ins[-1]
    return _client_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@cache
def _client_for(secret_key: str, api_base: str) -> stripe.StripeClient:
    """Return a client, made once: it keeps its connections."""
    http_client = _substitutes[-1] if _substitutes else stripe.RequestsClient(timeout=TIMEOUT)
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
        param = getattr(error, "param", None) or ""
        raise _refusal(error.code, param)(f"{what} {param}".strip()) from None
    raise OutcomeUnknown(what) from None


def _refusal(code: str | None, param: str) -> type[Refused]:
    """Say what was wrong with a request. Stripe: error codes, ``email_invalid``."""
    if code == "email_invalid" or param == "customer_email":
        return EmailRefused
    return EndsAtWrongTime if param == "expires_at" else Refused


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


@contextmanager
def spoken_through(http_client: stripe.HTTPClient) -> Iterator[None]:
    """Have every call go through ``http_client`` meanwhile, and not through the network."""
    close_clients()
    _substitutes.append(http_client)
    try:
        yield
    finally:
        close_clients()
        _substitutes.remove(http_client)


@contextmanager
def answered_by(client: stripe.StripeClient) -> Iterator[None]:
    """Have ``client`` answer every call meanwhile, in the place of the SDK's own."""
    _stand_ins.append(client)
    try:
        yield
    finally:
        _stand_ins.remove(client)
