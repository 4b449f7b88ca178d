"""The sandbox's webhooks, carried by hand: signed as ever, and delivered when a history says so."""

from checkout.gateways.stripe_objects import EVENT_TYPES
from checkout.proving.wire import send
from checkout.sandbox import deliveries
from checkout.sandbox.models import Delivery, DeliveryState, Event


def events() -> list[Event]:
    """Return what the shop listens to, in the order in which it happened."""
    return list(Event.objects.filter(type__in=EVENT_TYPES).order_by("created_at", "pk"))


def untold() -> list[Event]:
    """Return what the shop has not got yet."""
    delivered = Delivery.objects.filter(state=DeliveryState.DELIVERED).values("event")
    told = Event.objects.filter(type__in=EVENT_TYPES).exclude(pk__in=delivered)
    return list(told.order_by("created_at", "pk"))


def deliver(event: Event) -> None:
    """Post an event to the shop, signed; note what it answered."""
    delivery = event.deliveries.order_by("pk")[0]
    body, headers = deliveries.sealed(delivery)
    response = send("POST", delivery.url, body=body, headers=headers)
    delivery.record(response_status=response.status_code, response="", duration=0.0, error="")


def swallow_all() -> None:
    """Have everything else be lost on the way, while the gateway believes that it came."""
    Delivery.objects.update(state=DeliveryState.DELIVERED)
