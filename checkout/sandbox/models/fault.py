"""What goes wrong on purpose: with calls of the API, and with what is paid."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone

ANY_CALL = "*"
LONGEST_WAIT = 120  # seconds


class Fault(models.TextChoices):
    """What happens to a call. ``BEFORE`` is without its effect, ``AFTER`` is with it."""

    TIMEOUT_BEFORE = "timeout_before", "No answer, and nothing was done"
    TIMEOUT_AFTER = "timeout_after", "No answer, although it was done"
    ERROR_500_BEFORE = "error_500_before", "500, and nothing was done"
    ERROR_500_AFTER = "error_500_after", "500, although it was done"
    BROKEN_JSON = "broken_json", "200 with half an answer, although it was done"
    SLOW = "slow", "The right answer, but late"
    TOO_MANY_REQUESTS = "too_many_requests", "429, too many requests"
    KEY_IN_USE = "key_in_use", "409, the same request is still running"
    BAD_KEY = "bad_key", "401, the secret key is wrong"
    FORBIDDEN = "forbidden", "403, the key may not do this"
    SERVER_BUSY = "server_busy", "503, Stripe is very busy"
    EMAIL_REFUSED = "email_refused", "400, the e-mail address is refused"


class SaleFault(models.TextChoices):
    """What is wrong about a payment that goes through."""

    ANOTHER_AMOUNT = "another_amount", "Another amount is taken"
    ANOTHER_CURRENCY = "another_currency", "The amount is taken in another currency"


class SwitchQuerySet(models.QuerySet["ApiFault"]):
    """Switches, found by what they break."""

    def for_call(self, name: str) -> "SwitchQuerySet":
        """Return those that break the call, the oldest first."""
        return self.filter(call__in=[name, ANY_CALL]).order_by("pk")


class Switch(models.Model):
    """A fault that happens so many times, or until it is switched off."""

    times_left = models.PositiveIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(1000)]
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        ordering = ["pk"]

    def use(self) -> bool:
        """Count one more time; return ``False`` if somebody else had the last one.

        Check and change are one statement: of two calls one gets the last time.
        """
        rows = type(self)._default_manager.filter(pk=self.pk)
        if self.times_left is None:
            return rows.exists()
        if rows.filter(times_left=1).delete()[0]:
            return True
        return bool(rows.filter(times_left__gt=1).update(times_left=models.F("times_left") - 1))


class ApiFault(Switch):
    """A fault of one call, such as ``checkout.sessions.create``, or of any."""

    call = models.CharField(max_length=100, default=ANY_CALL)
    fault = models.CharField(max_length=20, choices=Fault.choices)
    seconds = models.FloatField(
        default=0,
        help_text="How long the connection is held before it ends, or the answer is late.",
    )

    objects = SwitchQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.call}: {self.fault}"


class PaymentFault(Switch):
    """A fault of the next payments that go through."""

    fault = models.CharField(max_length=20, choices=SaleFault.choices)
    amount = models.PositiveBigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    def __str__(self) -> str:
        return self.fault
