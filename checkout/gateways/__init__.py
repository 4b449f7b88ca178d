"""What the shop asks of a payment gateway. Everything above this protocol knows no gateway.

An event is a hint and ``fetch`` is the truth: a webhook only says which session to look at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings

if TYPE_CHECKING:
    from checkout.models import Order, Payment


class GatewayError(Exception):
    """The gateway did not do what it was asked."""


class OutcomeUnknown(GatewayError):
    """Nobody knows whether it was done: ask again with the same key and the same request."""


class Refused(GatewayError):
    """It was not done, and asking again will not help: the request or the keys are wrong."""


class Unavailable(GatewayError):
    """It was not done, but may be later: too many requests, or the same one is at work."""


class NotFound(GatewayError):
    """The gateway knows no such session."""


class NotConfigured(GatewayError):
    """The shop has no keys yet, and cannot take money."""


class Forged(Exception):
    """A webhook that the gateway did not sign. Nothing of it is kept."""


class Malformed(Exception):
    """A webhook that is no event."""


class SessionState(StrEnum):
    """What is true of a session at the gateway."""

    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class Started:
    """A session that the gateway opened."""

    session_id: str
    url: str
    expires_at: datetime
    is_finished: bool = False  # there is nothing for the customer to do


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the gateway says of a session now. Amounts are minor units of the shop's kind."""

    state: SessionState
    session_id: str
    livemode: bool
    amount_minor: int
    currency: str
    url: str = ""
    intent_id: str | None = None
    charge_id: str | None = None
    method: str = ""
    card: str = ""
    customer_email: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A verified webhook: what happened, to which of the gateway's objects.

    ``payment_key`` is our own idempotency key from the object's metadata, so that an event that
    comes before the session's id was saved finds its payment all the same. ``is_ours`` is false
    for another mode or another account.
    """

    event_id: str
    type: str
    livemode: bool
    object_id: str
    created_at: datetime
    api_version: str
    session_id: str | None
    payment_key: str | None
    is_about_payment: bool
    is_ours: bool
    payload: dict[str, Any] = field(repr=False)


class Gateway(Protocol):
    """A payment gateway."""

    name: str

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""

    def build_request(self, order: "Order", *, key: str, expires_at: datetime) -> dict[str, Any]:
        """Return what to ask for ``order``. Pure: it is frozen into the payment.

        ``key`` comes back in the metadata of everything that belongs to this payment.
        """

    def create(self, payment: "Payment") -> Started:
        """Open a session with the payment's frozen request and key.

        Raise ``OutcomeUnknown``, ``Unavailable`` or ``Refused``.
        """

    def fetch(self, payment: "Payment") -> Snapshot:
        """Return what is true of the payment's session now.

        Raise ``NotFound``, ``OutcomeUnknown``, ``Unavailable`` or ``Refused``.
        """

    def cancel(self, payment: "Payment") -> Snapshot:
        """Expire the payment's session if it is still open; return what is true afterwards.

        If the customer paid first, the snapshot says so, and must be settled. Raises as ``fetch``.
        """

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify a webhook and say what it is about. Raise ``Forged`` or ``Malformed``."""

    def check_amount(self, amount_minor: int, currency: str) -> None:
        """Raise ``ValueError``, in words for the customer, if the amount cannot be paid."""


def gateway_named(name: str) -> Gateway:
    """Return the gateway of that name. Raise ``KeyError`` for an unknown one."""
    # Imported when first needed: the SDK is slow to load, and most requests never pay.
    if name == "stripe":
        from checkout.gateways.stripe import StripeGateway

        return StripeGateway()
    if name == "free":
        from checkout.gateways.free import FreeGateway

        return FreeGateway()
    raise KeyError(name)


def gateway_for(total_minor: int) -> Gateway:
    """Return the gateway for a new order's total. Raise ``NotConfigured`` if there is none."""
    if total_minor == 0:
        return gateway_named("free")
    if not settings.STRIPE_SECRET_KEY:
        raise NotConfigured
    return gateway_named("stripe")
