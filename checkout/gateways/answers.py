"""What gateways answer: errors by what they mean for us, and what is true of their objects."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class GatewayError(Exception):
    """The gateway did not do what it was asked."""


class OutcomeUnknown(GatewayError):
    """Nobody knows whether it was done: ask again with the same key and the same request."""


class Refused(GatewayError):
    """It was not done, and asking again will not help: the request or the keys are wrong."""


class EmailRefused(Refused):
    """It was not done: the gateway does not take the customer's e-mail address."""


class EndsAtWrongTime(Refused):
    """It was not done: by the gateway's clock the session would end too soon, or too late."""


class Unavailable(GatewayError):
    """It was not done, but may be later: too many requests, or the same one is at work."""


class NotFound(GatewayError):
    """The gateway knows no such object."""


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
    """What the gateway says of a session now. Amounts are minor units of the shop's kind.

    ``received_minor`` is the money itself, where the gateway tells of it apart from the session's
    total.
    """

    state: SessionState
    session_id: str
    livemode: bool
    amount_minor: int
    currency: str
    received_minor: int | None = None
    url: str = ""
    intent_id: str | None = None
    charge_id: str | None = None
    method: str = ""
    card: str = ""
    customer_email: str = ""
    error: str = ""

    @property
    def money_minor(self) -> int:
        """What was received: the total, unless the gateway says otherwise of the money itself."""
        return self.amount_minor if self.received_minor is None else self.received_minor


@dataclass(frozen=True, kw_only=True)
class RefundSnapshot:
    """What the gateway says of a refund now. ``key`` is our own, where we asked for it."""

    refund_id: str
    status: str  # one of RefundStatus
    amount_minor: int
    currency: str
    key: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Movement:
    """Money that a dispute took from the shop, or gave back (then it is positive)."""

    movement_id: str
    amount_minor: int


@dataclass(frozen=True, kw_only=True)
class DisputeSnapshot:
    """What the gateway says of a dispute now."""

    dispute_id: str
    status: str  # one of DisputeStatus
    reason: str
    amount_minor: int
    currency: str
    is_charge_refundable: bool
    evidence_due_at: datetime | None = None
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SoldLine:
    """One line of a session, with what we had written on it."""

    title: str
    seats: int
    price_minor: int
    metadata: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Sold:
    """A session that somebody completed, with what would be needed to write its order anew."""

    snapshot: Snapshot
    created_at: datetime
    expires_at: datetime
    metadata: dict[str, str]
    email: str
    lines: tuple[SoldLine, ...] = ()

    @property
    def session_id(self) -> str:
        """The session."""
        return self.snapshot.session_id

    @property
    def payment_key(self) -> str:
        """Our own key of the payment that it belonged to."""
        return self.metadata.get("payment", "")


class Topic(StrEnum):
    """What an event is about, and so what is looked at."""

    SESSION = "session"
    REFUND = "refund"
    DISPUTE = "dispute"
    FRAUD_WARNING = "fraud_warning"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A verified webhook: what happened, to which of the gateway's objects.

    ``payment_key`` is our own idempotency key from the object's metadata, so that an event that
    comes before the session's id was saved finds its payment all the same. ``is_ours`` is false
    for another mode or another account. ``is_of_our_version`` is false if the object in it is
    rendered in another version of the gateway's API than the one that the shop speaks.
    """

    event_id: str
    type: str
    livemode: bool
    object_id: str
    created_at: datetime
    api_version: str
    session_id: str | None
    intent_id: str | None
    payment_key: str | None
    topic: Topic
    is_ours: bool
    is_of_our_version: bool = True
    payload: dict[str, Any] = field(repr=False)
