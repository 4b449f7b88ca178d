"""The switches of webhooks and of the clock."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone


class Signature(models.TextChoices):
    """How deliveries are signed."""

    GOOD = "good", "Right"
    CORRUPT = "corrupt", "Wrong"
    MISSING = "missing", "Missing"


class Switches(models.Model):
    """What goes wrong with webhooks and the clock. There is one row at most; none means nothing."""

    is_holding = models.BooleanField(default=False)
    is_dropping = models.BooleanField(default=False)
    delay = models.PositiveIntegerField(default=0)
    copies = models.PositiveSmallIntegerField(default=1)
    is_telling_twice = models.BooleanField(default=False)
    signature = models.CharField(max_length=10, choices=Signature.choices, default=Signature.GOOD)
    timestamp_shift = models.IntegerField(default=0, help_text="Seconds.")
    is_livemode_wrong = models.BooleanField(default=False)
    account = models.CharField(max_length=255, blank=True)
    api_version = models.CharField(max_length=64, blank=True)
    clock_shift = models.IntegerField(default=0, help_text="Seconds.")

    def __str__(self) -> str:
        return "The sandbox's switches"

    @classmethod
    def current(cls) -> "Switches":
        """Return how they are now; change and ``save`` it to switch something."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @classmethod
    def clock(cls) -> datetime:
        """Return what time the sandbox believes it is."""
        shift = cls.objects.filter(pk=1).values_list("clock_shift", flat=True).first() or 0
        return timezone.now() + timedelta(seconds=shift)
