"""Events, and each attempt to tell the shop of one."""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from checkout.sandbox import ids

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

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Attempts, found by what is to be done."""

    def due(self, now: datetime) -> "DeliveryQuerySet":
        """Return those whose time has come, the oldest first."""
        return self.filter(state=DeliveryState.PENDING, next_try_at__lte=now).order_by(
            "next_try_at", "pk"
        )

    def held(self) -> "DeliveryQuerySet":
        """Return those that nobody has tried yet, due or not."""
        return self.filter(state=DeliveryState.PENDING, sent_at=None)


class Delivery(models.Model):
    """One attempt to tell one address of one event. A retry is a row of its own."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    url = models.URLField(max_length=2000)
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    next_try_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
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
            models.UniqueConstraint("event", "url", "attempt", name="one_delivery_per_attempt")
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
            ready = cls.objects.held() if is_held else cls.objects.due(timezone.now())
            locked = ready.filter(pk=pk).select_for_update(skip_locked=True, of=("self",))
            delivery = locked.first()
            if delivery:
                delivery.next_try_at = timezone.now() + LEASE
                delivery.sent_at = timezone.now()
                delivery.save(update_fields=["next_try_at", "sent_at"])
            return delivery

    def record(self, *, response_status: int | None, error: str) -> bool:
        """Write down how it went; return ``True`` if the address has got the event."""
        is_delivered = response_status is not None and 200 <= response_status < 300
        self.state = DeliveryState.DELIVERED if is_delivered else DeliveryState.FAILED
        self.response_status, self.error = response_status, error[:200]
        self.save(update_fields=["state", "response_status", "error"])
        return is_delivered

    def retry_in(self, seconds: int) -> "Delivery":
        """Return the next attempt, due in so many seconds."""
        retry, _ = Delivery.objects.get_or_create(
            event_id=self.event_id,
            url=self.url,
            attempt=self.attempt + 1,
            defaults={"next_try_at": timezone.now() + timedelta(seconds=seconds)},
        )
        return retry
