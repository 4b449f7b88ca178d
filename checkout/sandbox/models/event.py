"""Events, and each attempt to tell the shop of one."""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from checkout.sandbox import ids
from checkout.sandbox.models.endpoint import EndpointStatus, WebhookEndpoint

# How long a claimed attempt may take. Longer than any delivery, so that only the attempts of a
# process that died come up again.
LEASE = timedelta(minutes=1)


class Event(models.Model):
    """Something that happened, with the object as it was then."""

    id = models.CharField(primary_key=True, max_length=255, default=ids.event_id, editable=False)
    type = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    data_object = models.JSONField()
    request_id = models.CharField(max_length=255, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.id} ({self.type})"


class DeliveryState(models.TextChoices):
    """How an attempt ended, or that it has not yet."""

    HELD = "held"
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Attempts, found by what is to be done."""

    def due(self, now: datetime) -> "DeliveryQuerySet":
        """Return those whose time has come, the oldest first."""
        return self.deliverable().filter(next_try_at__lte=now).order_by("next_try_at", "pk")

    def untried(self) -> "DeliveryQuerySet":
        """Return those that nobody has tried yet, due or not."""
        return self.deliverable().filter(sent_at=None)

    def deliverable(self) -> "DeliveryQuerySet":
        """Return those still to be made. While an endpoint is disabled, its own wait."""
        return self.filter(state=DeliveryState.PENDING, endpoint__status=EndpointStatus.ENABLED)

    def held(self) -> "DeliveryQuerySet":
        """Return those that wait until they are released, in the order they were written."""
        return self.filter(state=DeliveryState.HELD).order_by("pk")


class Delivery(models.Model):
    """One attempt to tell one address of one event. A retry is a row of its own.

    A series is an attempt and its retries. The first comes by itself; duplicates and what is sent
    again by hand are series of their own, so that they change nothing in the log of the others.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries"
    )
    url = models.URLField(max_length=2000)
    series = models.PositiveIntegerField(default=1)
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    next_try_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response = models.TextField(blank=True, help_text="How the answer's body began.")
    duration = models.FloatField(null=True, blank=True, help_text="Seconds.")
    error = models.CharField(max_length=200, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                "next_try_at", name="delivery_pending", condition=models.Q(state="pending")
            )
        ]
        constraints = [
            models.UniqueConstraint(
                "event", "endpoint", "series", "attempt", name="one_delivery_per_attempt"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.url}, attempt {self.attempt}"

    @classmethod
    def claim(cls, pk: int, *, is_held: bool = False) -> "Delivery | None":
        """Return the attempt if it is due and nobody else has it; nobody else will for a minute.

        ``is_held`` is for the one who held it back: it need not be due then.
        Only the claim is made under a lock: the delivery itself holds none.
        """
        with transaction.atomic():
            ready = cls.objects.untried() if is_held else cls.objects.due(timezone.now())
            locked = ready.filter(pk=pk).select_for_update(skip_locked=True, of=("self",))
            delivery = locked.select_related("event", "endpoint").first()
            if delivery:
                delivery.next_try_at = timezone.now() + LEASE
                delivery.sent_at = timezone.now()
                delivery.save(update_fields=["next_try_at", "sent_at"])
            return delivery

    def record(
        self, *, response_status: int | None, response: str, duration: float, error: str
    ) -> bool:
        """Write down how it went; return ``True`` if the address has got the event."""
        is_delivered = response_status is not None and 200 <= response_status < 300
        self.state = DeliveryState.DELIVERED if is_delivered else DeliveryState.FAILED
        self.response_status, self.error = response_status, error[:200]
        # PostgreSQL has no place for a NUL.
        self.response, self.duration = response.replace("\0", ""), duration
        self.save(update_fields=["state", "response_status", "response", "duration", "error"])
        return is_delivered

    def retry_in(self, seconds: int) -> "Delivery":
        """Return the next attempt, due in so many seconds."""
        retry, _ = Delivery.objects.get_or_create(
            event_id=self.event_id,
            endpoint_id=self.endpoint_id,
            series=self.series,
            attempt=self.attempt + 1,
            defaults={
                "url": self.url,
                "next_try_at": timezone.now() + timedelta(seconds=seconds),
            },
        )
        return retry
