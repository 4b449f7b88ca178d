"""The inbox: what gateways told us, once each, and what became of it."""

import json
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import connection, models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checkout.gateways.answers import Notice
from project.prepared import Given, PreparedUpdate
from project.statement import Statement

MAX_ATTEMPTS = 12


class EventState(models.TextChoices):
    """What became of an event."""

    RECEIVED = "received", _("Received")
    DONE = "done", _("Done")
    IGNORED = "ignored", _("Ignored")
    FAILED = "failed", _("Failed, to be tried again")
    DEAD = "dead", _("Given up")


OPEN = (EventState.RECEIVED, EventState.FAILED)
FINISHED = (EventState.DONE, EventState.IGNORED)

# The first delivery writes an event down, and each later one is counted: one statement for both,
# whoever else tells of it at this moment. Django's own would be four. The payload stays there.
# That an event came again is no reason to wait for the disk; that it came is.
_RECEIVE = Statement("""
    INSERT INTO checkout_webhookevent AS known
        (gateway, livemode, event_id, type, api_version, object_id, payload, event_created_at,
        received_at, deliveries, state, attempts, error)
    VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, %s, now(), 1, 'received', 0, '')
    ON CONFLICT (gateway, livemode, event_id) DO UPDATE SET deliveries = known.deliveries + 1
    WHERE set_config('synchronous_commit', 'off', true) = 'off'
    RETURNING id, state, attempts
""")


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    """Events."""

    def receive(self, gateway: str, notice: Notice) -> "WebhookEvent | None":
        """Keep an event; of one that is known, count the delivery.

        What is returned has what it needs to be acted on; nothing, if nothing is to be done any
        more.
        """
        values: list[Any] = [
            gateway,
            notice.livemode,
            notice.event_id,
            notice.type,
            notice.api_version,
        ]
        values += [notice.object_id, json.dumps(notice.payload), notice.created_at]
        [(pk, state, attempts)] = _RECEIVE.rows(connection, values)
        if state in FINISHED:
            return None
        return self.model(
            pk=pk,
            gateway=gateway,
            livemode=notice.livemode,
            event_id=notice.event_id,
            type=notice.type,
            api_version=notice.api_version,
            object_id=notice.object_id,
            payload=notice.payload,
            event_created_at=notice.created_at,
            state=state,
            attempts=attempts,
        )

    def due(self, *, now: datetime, received_before: datetime) -> "WebhookEventQuerySet":
        """Those that were not finished, and whose time for another try has come."""
        is_due = Q(next_try_at=None) | Q(next_try_at__lte=now)
        waiting = self.filter(is_due, state__in=OPEN, received_at__lt=received_before)
        return waiting.order_by(F("next_try_at").asc(nulls_first=True), "pk")

    def to_be_emptied(self, *, since: datetime) -> "WebhookEventQuerySet":
        """Those that were finished before then, and of which every word is kept still."""
        return self.filter(state__in=FINISHED, processed_at__lt=since, emptied_at=None)

    def empty(self) -> int:
        """Keep of them that they came and what became of them; return how many.

        What they say names customers. The row stays: it is what keeps an event that comes again
        from being a new one, and the payment's story.
        """
        return self.update(payload={}, emptied_at=timezone.now())

    def is_finished(self, notice: Notice) -> bool:
        """Whether an event was acted on, or was none of our business."""
        return self.filter(
            livemode=notice.livemode,
            event_id=notice.event_id,
            state__in=FINISHED,
        ).exists()


class WebhookEvent(models.Model):
    """Something a gateway told us. A hint: what is true, the gateway is asked."""

    gateway = models.CharField(max_length=32)
    livemode = models.BooleanField()
    event_id = models.CharField(max_length=255)
    type = models.CharField(max_length=255)
    api_version = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=255, blank=True)
    payload = models.JSONField()
    event_created_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    deliveries = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=16, choices=EventState, default=EventState.RECEIVED)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    processed_at = models.DateTimeField(null=True, blank=True)
    emptied_at = models.DateTimeField(
        null=True, blank=True, help_text="When its payload was cleared, which names customers."
    )
    error = models.CharField(max_length=500, blank=True)
    payment = models.ForeignKey(
        "checkout.Payment",
        on_delete=models.PROTECT,
        related_name="events",
        null=True,
        blank=True,
    )

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["gateway", "livemode", "event_id"], name="webhook_event_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=EventState.values), name="webhook_event_state_is_known"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                F("next_try_at").asc(nulls_first=True),
                "id",
                condition=Q(state__in=OPEN),
                name="webhook_event_todo",
            ),
            models.Index(
                fields=["processed_at"],
                condition=Q(state__in=FINISHED, emptied_at=None),
                name="webhook_event_to_be_emptied",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

    @property
    def is_open(self) -> bool:
        """Whether it is to be delivered again."""
        return self.state in OPEN

    @property
    def is_dead(self) -> bool:
        """Whether it was given up."""
        return self.state == EventState.DEAD

    def finish(self) -> None:
        """It was acted on. The disk is not waited for: lost in a crash, it would be done again."""
        self._close(EventState.DONE, is_hasty=True)

    def ignore(self, why: str) -> None:
        """It is none of our business."""
        self._close(EventState.IGNORED, error=why[:500])

    def fail(self, why: str) -> None:
        """It could not be acted on now; after ``MAX_ATTEMPTS`` tries it never will."""
        attempts = self.attempts + 1
        is_dead = attempts >= MAX_ATTEMPTS
        state = EventState.DEAD if is_dead else EventState.FAILED
        # Later each time, a day at most: 2, 4, 8 … minutes.
        pause = min(timedelta(minutes=2**attempts), timedelta(days=1))
        next_try = None if is_dead else timezone.now() + pause
        self._close(state, error=why[:500], attempts=attempts, next_try_at=next_try)

    def _close(self, state: EventState, *, is_hasty: bool = False, **changes: Any) -> None:
        changes |= {"state": state, "processed_at": timezone.now()}
        update = _HASTY if is_hasty else _PATIENT
        update.change({"pk": self.pk}, payment=self.payment_id, **changes)
        for name, value in changes.items():
            setattr(self, name, value)


def _mine() -> WebhookEventQuerySet:
    mine: WebhookEventQuerySet = WebhookEvent.objects.filter(pk=Given("pk"))
    return mine


def _mine_without_waiting() -> WebhookEventQuerySet:
    off = [Value("synchronous_commit"), Value("off"), Value(True)]
    hasty = Func(*off, function="set_config", output_field=models.TextField())
    return _mine().alias(hasty=hasty).filter(hasty="off")


_PATIENT, _HASTY = PreparedUpdate(_mine), PreparedUpdate(_mine_without_waiting)
