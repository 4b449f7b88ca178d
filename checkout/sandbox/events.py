"""Telling the shop: an event is written down with its first delivery, in the same transaction."""

from dataclasses import dataclass

from django.utils import timezone

from checkout.sandbox.deliveries import deliver, webhook_url
from checkout.sandbox.expansion import Json, resolve
from checkout.sandbox.models import Delivery, Event
from checkout.sandbox.models.event import LEASE


@dataclass(frozen=True, kw_only=True)
class Cause:
    """The API request that made something happen; empty when a buyer or the clock did."""

    request_id: str = ""
    idempotency_key: str = ""


NOBODY = Cause()


def emit(kind: str, data_object: Json, *, cause: Cause = NOBODY) -> Event:
    """Write down that ``kind`` happened to ``data_object``, and have the worker tell the shop."""
    event = _record(kind, data_object, cause)
    deliver.later(Delivery.objects.create(event=event, url=webhook_url()).pk)
    return event


def emit_held(kind: str, data_object: Json) -> Delivery:
    """Write down what happened, for the caller to deliver after the transaction.

    Should the caller die before, the delivery comes up by itself when its lease is over.
    """
    event = _record(kind, data_object, NOBODY)
    return Delivery.objects.create(
        event=event, url=webhook_url(), next_try_at=timezone.now() + LEASE
    )


def _record(kind: str, data_object: Json, cause: Cause) -> Event:
    return Event.objects.create(
        type=kind,
        data_object=resolve(data_object),
        request_id=cause.request_id,
        idempotency_key=cause.idempotency_key,
    )
