"""For orders whose total is zero: nobody is asked for money, and the same door is used."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings

from checkout.gateways import (
    DisputeSnapshot,
    Malformed,
    NotFound,
    Notice,
    RefundSnapshot,
    Refused,
    SessionState,
    Snapshot,
    Sold,
    Started,
)

if TYPE_CHECKING:
    from checkout.models import Order, Payment, Refund


class FreeGateway:
    """A gateway that has always been paid nothing."""

    name = "free"
    livemode = True

    def build_request(
        self, order: "Order", *, key: str, expires_at: datetime, tells_email: bool = True
    ) -> dict[str, Any]:
        """Return what identifies the order: there is nothing to ask for."""
        return {"payment": key}

    def create(self, payment: "Payment") -> Started:
        """Start and finish at once: the next page is the order's."""
        return Started(
            session_id=f"free:{payment.idempotency_key}",
            url=settings.SITE_URL + payment.order.get_absolute_url(),
            expires_at=payment.expires_at,
            is_finished=True,
        )

    def fetch(self, payment: "Payment") -> Snapshot:
        """Return that nothing was asked for, and nothing is missing."""
        return Snapshot(
            state=SessionState.PAID,
            session_id=payment.session_id or "",
            livemode=True,
            amount_minor=0,
            currency=payment.currency,
        )

    def cancel(self, payment: "Payment") -> Snapshot:
        """Return the same: what is free cannot be called back."""
        return self.fetch(payment)

    def build_refund(
        self, payment: "Payment", *, amount_minor: int, key: str, is_duplicate: bool
    ) -> dict[str, Any]:
        """Refuse: nothing was paid."""
        raise Refused("Nothing was paid, so that there is nothing to give back.")

    def refund(self, refund: "Refund") -> RefundSnapshot:
        """Refuse: nothing was paid."""
        raise Refused("Nothing was paid, so that there is nothing to give back.")

    def refunds_of(self, payment: "Payment") -> list[RefundSnapshot]:
        """Return none."""
        return []

    def disputes_of(self, payment: "Payment") -> list[DisputeSnapshot]:
        """Return none."""
        return []

    def key_of_intent(self, intent_id: str) -> str | None:
        """Return nothing: what is free has no intents."""
        return None

    def undelivered_events(self, since: datetime) -> Iterator[Notice]:
        """Return none: nobody calls."""
        return iter(())

    def completed_sessions(self, since: datetime) -> Iterator[Sold]:
        """Return none: all there is to know of them is in the shop."""
        return iter(())

    def returned_intents(self, since: datetime) -> Iterator[str]:
        """Return none: nothing was paid."""
        return iter(())

    def sold_in(self, session_id: str) -> Sold:
        """Refuse: the shop alone knows what it gave away."""
        raise NotFound(session_id)

    def read_event(self, payload: dict[str, Any]) -> Notice:
        """Refuse: nobody calls for what is free."""
        raise Malformed

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Refuse: nobody calls for what is free."""
        raise Malformed

    def check_amount(self, amount_minor: int, currency: str) -> None:
        """Raise ``ValueError`` for anything but zero."""
        if amount_minor:
            raise ValueError("Only an order of zero is free.")
