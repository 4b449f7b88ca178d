"""Telling the shop: an event is written down with its deliveries, in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from checkout.sandbox.deliveries import deliver
from checkout.sandbox.expansion import Json, resolve
from checkout.sandbox.models import Delivery, DeliveryState, Event, Switches, WebhookEndpoint
from checkout.sandbox.models.event import LEASE


@dataclass(frozen=True, kw_only=True)
class Cause:
    """The API request that made something happen; empty when a buyer or the clock did."""

    request_id: str = ""
    idempotency_key: str = ""


NOBODY = Cause()


def emit(
    kind: str,
    data_object: Json,
    *,
    cause: Cause = NOBODY,
    to: Sequence[WebhookEndpoint] | None = None,
) -> Event:
    """Write down that ``kind`` happened to ``data_object``, and have the worker tell the shop.

    Those who want it are told; ``to`` names others.
    """
    switches = Switches.current()
    event, planned = _record(kind, data_object, cause, switches, to)
    for delivery in planned:
        _leave_to_worker(delivery, switches)
    return event


def emit_held(kind: str, data_object: Json) -> Delivery | None:
    """Write down what happened, for the caller to deliver after the transaction.

    Should the caller die before, the delivery comes up by itself when its lease is over. Return
    ``None`` if the shop is not to be told now, since a switch holds, delays or loses deliveries.
    """
    switches = Switches.current()
    _, planned = _record(kind, data_object, NOBODY, switches, None)
    is_ours = bool(planned) and planned[0].endpoint.is_the_shops
    if not is_ours or switches.is_holding or switches.delay:
        for delivery in planned:
            _leave_to_worker(delivery, switches)
        return None
    ours, *others = planned
    ours.next_try_at = timezone.now() + LEASE
    ours.save(update_fields=["next_try_at"])
    for delivery in others:
        _leave_to_worker(delivery, switches)
    return ours


def _record(
    kind: str,
    data_object: Json,
    cause: Cause,
    switches: Switches,
    to: Sequence[WebhookEndpoint] | None,
) -> tuple[Event, list[Delivery]]:
    """Write the event, or two of them, with what is to be delivered."""
    tree = resolve(data_object)
    events = [
        Event.objects.create(
            type=kind,
            data_object=tree,
            request_id=cause.request_id,
            idempotency_key=cause.idempotency_key,
        )
        for _ in range(2 if switches.is_telling_twice else 1)
    ]
    if switches.is_dropping:
        return events[0], []
    endpoints = WebhookEndpoint.objects.listening_to(kind) if to is None else to
    return events[0], [
        Delivery.objects.create(
            event=event,
            endpoint=endpoint,
            url=endpoint.address,
            series=series,
            state=DeliveryState.HELD if switches.is_holding else DeliveryState.PENDING,
            next_try_at=timezone.now() + timedelta(seconds=switches.delay),
        )
        for endpoint in endpoints
        for event in events
        for series in range(1, switches.copies + 1)
    ]


def _leave_to_worker(delivery: Delivery, switches: Switches) -> None:
    if switches.is_holding:
        return
    if switches.delay:
        deliver.in_seconds(switches.delay, delivery.pk)
    else:
        deliver.later(delivery.pk)
