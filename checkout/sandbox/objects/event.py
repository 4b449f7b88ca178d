"""Events, in Stripe's shape."""

from checkout.sandbox.expansion import Json
from checkout.sandbox.models import DeliveryState, Event

API_VERSION = "2026-10-28.endive"


def event_object(event: Event) -> Json:
    """Return the event, with the object as it was when it happened."""
    return {
        "id": event.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": int(event.created_at.timestamp()),
        "data": {"object": event.data_object},
        "livemode": False,
        "pending_webhooks": _pending(event),
        "request": {
            "id": event.request_id or None,
            "idempotency_key": event.idempotency_key or None,
        },
        "type": event.type,
    }


def _pending(event: Event) -> int:
    """Return how many addresses have not answered with success yet and may still."""
    pending = [
        delivery.url
        for delivery in event.deliveries.all()
        if delivery.state == DeliveryState.PENDING
    ]
    return len(set(pending))
