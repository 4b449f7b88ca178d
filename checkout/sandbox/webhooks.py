"""What is made to go wrong with webhooks, and what is done with them by hand.

For tests, in the same database as the sandbox::

    webhooks.switch(is_holding=True)      # events are written, deliveries wait …
    webhooks.release(Order.REVERSED)      # … until they are delivered, the last one first
    webhooks.switch(is_dropping=True)     # deliveries are lost for ever
    webhooks.switch(delay=20)             # seconds
    webhooks.switch(copies=3)             # each event three times, by several workers at once
    webhooks.switch(is_telling_twice=True)  # two events with ids of their own for one change
    webhooks.switch(signature=Signature.CORRUPT)  # or MISSING
    webhooks.switch(timestamp_shift=-600)  # signed as if ten minutes ago; or +600, to come
    webhooks.switch(is_livemode_wrong=True, account="acct_1", api_version="2020-08-27")
    webhooks.shift_clock(-600)            # the whole sandbox is ten minutes behind
    webhooks.switch_off()

    webhooks.disable(), webhooks.enable()  # the shop's endpoint; what is due waits meanwhile
    webhooks.roll_secret(active_for=60), webhooks.restore_secret()
    webhooks.tell_of_unknown_session(), webhooks.tell_of_unknown_type()
    webhooks.resend(event_id)

A switch holds for every delivery made while it is on, retries included.
"""

import random
from datetime import timedelta
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from checkout.sandbox import ids
from checkout.sandbox.deliveries import deliver
from checkout.sandbox.events import emit
from checkout.sandbox.models import (
    CheckoutSession,
    Delivery,
    DeliveryState,
    Event,
    Switches,
    WebhookEndpoint,
)
from checkout.sandbox.objects import session_object

# Deliveries at once while somebody waits; each may take ten seconds. The worker does the rest.
BATCH = 20
# Stripe keeps an old secret for a day at most; here nobody wants to wait as long.
ACTIVE_FOR = 600  # seconds


class Order(Enum):
    """In which order deliveries are released."""

    WRITTEN = "written"
    REVERSED = "reversed"
    RANDOM = "random"


@transaction.atomic
def switch(**changes: Any) -> Switches:
    """Switch some of the fields of ``Switches``; the others stay as they are."""
    Switches.objects.get_or_create(pk=1)
    switches = Switches.objects.select_for_update().get(pk=1)
    for name, value in changes.items():
        setattr(switches, name, value)
    switches.save(update_fields=list(changes))
    return switches


def shift_clock(seconds: int) -> None:
    """Let the sandbox believe that it is so many seconds later, or earlier."""
    switch(clock_shift=seconds)


def switch_off() -> None:
    """Let webhooks work as they should, the shop's endpoint be enabled, and the clock be right.

    What is held stays held until it is released.
    """
    Switches.objects.all().delete()
    endpoint = WebhookEndpoint.objects.shops()
    endpoint.switch(on=True)
    endpoint.restore_secret()


def release(order: Order = Order.WRITTEN) -> int:
    """Deliver what is held, one after the other in that order; return how many there were."""
    held = list(Delivery.objects.held().values_list("pk", flat=True))
    if order is Order.REVERSED:
        held.reverse()
    if order is Order.RANDOM:
        random.shuffle(held)
    return sum(_release(pk, is_late=place >= BATCH) for place, pk in enumerate(held))


def resend(event_id: str) -> list[Delivery]:
    """Deliver an event again to each enabled endpoint that wants it; return the attempts.

    However old it is: it becomes a series of its own, and the log of the others stays.
    Raise ``Event.DoesNotExist``.
    """
    event = Event.objects.get(pk=event_id)
    attempts = [
        _new_series(event, each) for each in WebhookEndpoint.objects.listening_to(event.type)
    ]
    for delivery in attempts:
        deliver(delivery.pk)
        delivery.refresh_from_db()
    return attempts


def disable() -> None:
    """Tell the shop nothing. What happens meanwhile is in the list of events only."""
    WebhookEndpoint.objects.shops().switch(on=False)


def enable() -> None:
    """Tell the shop again of what happens, and go on with what was due."""
    WebhookEndpoint.objects.shops().switch(on=True)


def roll_secret(*, active_for: int = ACTIVE_FOR) -> str:
    """Sign for the shop with a new secret, and so many seconds with the old ones as well.

    The shop's secrets are in its settings (``STRIPE_WEBHOOK_SECRETS``), and there they stay: as
    with Stripe, somebody has to bring the new one there in time. Return it.
    """
    secret = ids.webhook_secret()
    until = timezone.now() + timedelta(seconds=active_for)
    WebhookEndpoint.objects.shops().roll_secret(secret, until=until)
    return secret


def restore_secret() -> None:
    """Sign for the shop with what its settings say."""
    WebhookEndpoint.objects.shops().restore_secret()


def tell_of_unknown_session() -> Event:
    """Tell of a session that another application of the same account has made."""
    now = timezone.now()
    session = CheckoutSession(
        expires_at=now + timedelta(hours=24),
        currency="usd",
        amount_total=1900,
        parameters={
            "mode": "payment",
            "success_url": "https://elsewhere.example/thanks/",
            "client_reference_id": "somebody-elses-42",
        },
        lines=[],
        metadata={"order": "somebody-elses-42"},
    )
    return emit("checkout.session.completed", session_object(session))


def tell_of_unknown_type() -> Event:
    """Tell of something that the shop has never heard of, whatever it asked to be told."""
    thing = {"id": ids.new_id("thing_"), "object": "thing_to_come"}
    return emit("thing_to_come.created", thing, to=[WebhookEndpoint.objects.shops()])


def _release(pk: int, *, is_late: bool) -> bool:
    rows = Delivery.objects.held().filter(pk=pk)
    is_ours = rows.update(state=DeliveryState.PENDING, next_try_at=timezone.now())
    if is_ours and is_late:
        deliver.later(pk)
    elif is_ours:
        deliver(pk)
    return bool(is_ours)


def _new_series(event: Event, endpoint: WebhookEndpoint) -> Delivery:
    with transaction.atomic():
        Event.objects.select_for_update().get(pk=event.pk)
        latest = event.deliveries.aggregate(latest=Max("series"))["latest"] or 0
        return Delivery.objects.create(
            event=event, endpoint=endpoint, url=endpoint.address, series=latest + 1
        )
