"""Payment intents and charges: the attempts to take a session's money."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from checkout.sandbox import ids


class IntentStatus(models.TextChoices):
    """Where a payment intent stands."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class ChargeStatus(models.TextChoices):
    """How an attempt to take money ended, or that the bank has not answered yet."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefundCourse(models.TextChoices):
    """How a refund of a charge goes, which its card decides."""

    AT_ONCE = "at_once"
    SLOW = "slow"
    BOUNCED = "bounced"


class PaymentIntent(models.Model):
    """The wish to be paid once, made when the buyer first presses Pay."""

    id = models.CharField(primary_key=True, max_length=255, default=ids.intent_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    canceled_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(
        max_length=30,
        choices=IntentStatus.choices,
        default=IntentStatus.REQUIRES_PAYMENT_METHOD,
    )
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    metadata = models.JSONField(default=dict, blank=True)
    details = models.JSONField(
        default=dict, blank=True, help_text="The other things the shop wants written on it."
    )
    payment_method = models.JSONField(
        null=True, blank=True, help_text="What the buyer pays with, in Stripe's shape."
    )
    # One of the documented test numbers, while its holder is asked by the bank. Other numbers
    # are refused before anything is stored.
    challenged_card = models.CharField(max_length=19, blank=True)
    last_error = models.JSONField(null=True, blank=True)
    latest_charge = models.OneToOneField(
        "sandbox.Charge", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def client_secret(self) -> str:
        """Return the secret that Stripe's own scripts would use; nothing here does."""
        return f"{self.id}_secret_sandbox"

    def challenge(self, card_number: str, payment_method: dict[str, Any]) -> None:
        """Wait for the buyer's bank to recognize the buyer."""
        self.status = IntentStatus.REQUIRES_ACTION
        self.challenged_card = card_number
        self.payment_method = payment_method
        self.last_error = None
        self.save()

    def process(self, charge: "Charge") -> None:
        """Wait for the bank that was asked by ``charge``."""
        self.status = IntentStatus.PROCESSING
        self.latest_charge = charge
        self.payment_method = charge.payment_method
        self.challenged_card = ""
        self.last_error = None
        self.save()

    def fail(self, error: dict[str, Any]) -> None:
        """Wait for another payment method, this one having failed."""
        self.status = IntentStatus.REQUIRES_PAYMENT_METHOD
        self.last_error = {**error, "payment_method": self.payment_method}
        self.payment_method = None
        self.challenged_card = ""
        self.save()

    def succeed(self) -> None:
        """Be paid."""
        self.status = IntentStatus.SUCCEEDED
        self.challenged_card = ""
        self.last_error = None
        self.save()

    def cancel(self) -> None:
        """Never be paid, its session having expired."""
        self.status = IntentStatus.CANCELED
        self.canceled_at = timezone.now()
        self.challenged_card = ""
        self.save()


class ChargeQuerySet(models.QuerySet["Charge"]):
    """Charges, found for what is to be done with them."""

    def due(self, now: datetime) -> "ChargeQuerySet":
        """Return the debits to which the bank ought to have answered by now."""
        return self.filter(status=ChargeStatus.PENDING, answer_at__lte=now)

    def locked(self) -> "ChargeQuerySet":
        """Lock the rows until the transaction ends. All that gives money back is under it."""
        return self.select_for_update(of=("self",), no_key=True)


class Charge(models.Model):
    """One attempt to take the money, which worked, did not, or is waited for."""

    id = models.CharField(primary_key=True, max_length=255, default=ids.charge_id, editable=False)
    payment_intent = models.ForeignKey(
        PaymentIntent, on_delete=models.PROTECT, related_name="charges"
    )
    created_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=10, choices=ChargeStatus.choices)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    payment_method = models.JSONField(help_text="What the buyer paid with, in Stripe's shape.")
    is_authenticated = models.BooleanField(
        default=False, help_text="Whether the buyer's bank recognized the buyer."
    )
    failure_code = models.CharField(max_length=50, blank=True)
    decline_code = models.CharField(max_length=50, blank=True)
    failure_message = models.CharField(max_length=200, blank=True)
    # One of the documented test accounts, as with cards.
    debited_account = models.CharField(max_length=34, blank=True)
    answer_at = models.DateTimeField(
        null=True, blank=True, help_text="When the bank answers to a debit; empty if never."
    )
    is_blocked = models.BooleanField(
        default=False, help_text="Whether it was too risky to ask the bank."
    )
    is_disputed = models.BooleanField(
        default=False, help_text="Whether the buyer ever complained to the bank."
    )
    amount_refunded = models.BigIntegerField(default=0)
    refund_course = models.CharField(
        max_length=10, choices=RefundCourse.choices, default=RefundCourse.AT_ONCE
    )
    balance_transaction = models.OneToOneField(
        "sandbox.BalanceTransaction",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    objects = ChargeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index("answer_at", name="charge_pending", condition=models.Q(status="pending"))
        ]
        constraints = [
            models.CheckConstraint(
                name="charge_refunded_within_amount",
                condition=models.Q(amount_refunded=0)
                | models.Q(
                    status="succeeded",
                    amount_refunded__gt=0,
                    amount_refunded__lte=models.F("amount"),
                ),
            ),
            models.UniqueConstraint(
                "payment_intent",
                name="one_pending_charge_per_intent",
                condition=models.Q(status="pending"),
            ),
            models.UniqueConstraint(
                "payment_intent",
                name="one_successful_charge_per_intent",
                condition=models.Q(status="succeeded"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def has_succeeded(self) -> bool:
        """Say whether the money was taken."""
        return self.status == ChargeStatus.SUCCEEDED

    @property
    def has_failed(self) -> bool:
        """Say whether the bank refused."""
        return self.status == ChargeStatus.FAILED

    def succeed(self) -> None:
        """Have the money, which was waited for."""
        self.status = ChargeStatus.SUCCEEDED
        self.save(update_fields=["status"])

    def fail(self, *, code: str, message: str) -> None:
        """Be refused by the bank, after all."""
        self.status = ChargeStatus.FAILED
        self.failure_code, self.failure_message = code, message
        self.save(update_fields=["status", "failure_code", "failure_message"])

    @property
    def amount_left(self) -> int:
        """Return how much of it has not been refunded, in Stripe's units."""
        return self.amount - self.amount_refunded if self.has_succeeded else 0

    @property
    def is_refunded(self) -> bool:
        """Say whether all of it has been refunded."""
        return self.has_succeeded and self.amount_left == 0

    def count_refund(self, amount: int) -> None:
        """Count an amount as refunded, or, if it is negative, as not refunded after all.

        The caller holds the lock.
        """
        self.amount_refunded += amount
        self.save(update_fields=["amount_refunded"])
