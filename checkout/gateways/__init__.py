"""What the shop asks of a payment gateway. Everything above this protocol knows no gateway.

An event is a hint and ``fetch`` is the truth: a webhook only says which session to look at.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings

from checkout.gateways.answers import (
    DisputeSnapshot,
    EmailRefused,
    EndsAtWrongTime,
    Forged,
    GatewayError,
    Malformed,
    Movement,
    NotConfigured,
    NotFound,
    Notice,
    OutcomeUnknown,
    RefundSnapshot,
    Refused,
    SessionState,
    Snapshot,
    Sold,
    SoldLine,
    Started,
    Topic,
    Unavailable,
)

if TYPE_CHECKING:
    from checkout.models import Order, Payment, Refund

__all__ = [
    "DisputeSnapshot",
    "EmailRefused",
    "EndsAtWrongTime",
    "Forged",
    "Gateway",
    "GatewayError",
    "Malformed",
    "Movement",
    "NotConfigured",
    "NotFound",
    "Notice",
    "OutcomeUnknown",
    "RefundSnapshot",
    "Refused",
    "SessionState",
    "Snapshot",
    "Sold",
    "SoldLine",
    "Started",
    "Topic",
    "Unavailable",
    "gateway_for",
    "gateway_named",
    "gateways_in_use",
]


class Gateway(Protocol):
    """A payment gateway."""

    name: str

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""

    def build_request(
        self, order: "Order", *, key: str, expires_at: datetime, tells_email: bool = True
    ) -> dict[str, Any]:
        """Return what to ask for ``order``. Pure: it is frozen into the payment.

        ``key`` comes back in the metadata of everything that belongs to this payment. A gateway
        that is not told the customer's address asks for one itself.
        """

    def create(self, payment: "Payment") -> Started:
        """Open a session with the payment's frozen request and key.

        Raise ``OutcomeUnknown``, ``Unavailable`` or ``Refused``; ``EmailRefused`` if the address is
        all that is wrong.
        """

    def fetch(self, payment: "Payment") -> Snapshot:
        """Return what is true of the payment's session now.

        Raise ``NotFound``, ``OutcomeUnknown``, ``Unavailable`` or ``Refused``.
        """

    def cancel(self, payment: "Payment") -> Snapshot:
        """Expire the payment's session if it is still open; return what is true afterwards.

        If the customer paid first, the snapshot says so, and must be settled. Raises as ``fetch``.
        """

    def build_refund(
        self, payment: "Payment", *, amount_minor: int, key: str, is_duplicate: bool
    ) -> dict[str, Any]:
        """Return what to ask for to give money back. Pure: it is frozen into the refund."""

    def refund(self, refund: "Refund") -> RefundSnapshot:
        """Give money back, with the refund's frozen request and key. Raises as ``create``."""

    def refunds_of(self, payment: "Payment") -> list[RefundSnapshot]:
        """Return all refunds of the payment, whoever asked for them, the oldest first.

        Raises as ``fetch``.
        """

    def disputes_of(self, payment: "Payment") -> list[DisputeSnapshot]:
        """Return all disputes about the payment. Raises as ``fetch``."""

    def key_of_intent(self, intent_id: str) -> str | None:
        """Return our key of the payment that an intent belongs to, if it is one of ours.

        Raises as ``fetch``, but for ``NotFound``.
        """

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify a webhook and say what it is about. Raise ``Forged`` or ``Malformed``."""

    def read_event(self, payload: dict[str, Any]) -> Notice:
        """Say what an event that is known to be genuine is about. Raise ``Malformed``."""

    def undelivered_events(self, since: datetime) -> Iterator[Notice]:
        """Return what the gateway could not tell us since then. Raises as ``fetch``."""

    def completed_sessions(self, since: datetime) -> Iterator[Sold]:
        """Return the sessions completed since then, without their lines. Raises as ``fetch``."""

    def returned_intents(self, since: datetime) -> Iterator[str]:
        """Return the intents of which money was asked back since then, by refund or dispute.

        Raises as ``fetch``.
        """

    def sold_in(self, session_id: str) -> Sold:
        """Return a session with its lines. Raises as ``fetch``."""

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


def gateways_in_use() -> list[Gateway]:
    """Return the gateways that the shop has keys for, and that can be asked."""
    return [gateway_named("stripe")] if settings.STRIPE_SECRET_KEY else []
