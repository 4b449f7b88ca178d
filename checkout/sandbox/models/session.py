"""Checkout sessions: what is to be paid, where the buyer goes afterwards, and how it ended."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from checkout.sandbox import ids, methods


class SessionStatus(models.TextChoices):
    """Where a session stands. Both ends are final."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class PaymentStatus(models.TextChoices):
    """Whether the money is there."""

    UNPAID = "unpaid"
    PAID = "paid"
    NO_PAYMENT_REQUIRED = "no_payment_required"


class CheckoutSessionQuerySet(models.QuerySet["CheckoutSession"]):
    """Sessions, found by how far they are."""

    def overdue(self, now: datetime) -> "CheckoutSessionQuerySet":
        """Return those still open although their time is over."""
        return self.filter(status=SessionStatus.OPEN, expires_at__lte=now)

    def locked(self) -> "CheckoutSessionQuerySet":
        """Lock the rows until the transaction ends. All that happens to a payment is under it."""
        return self.select_for_update(of=("self",), no_key=True)


class CheckoutSession(models.Model):
    """One visit to the pay page. Amounts are integers in Stripe's units of the currency."""

    id = models.CharField(primary_key=True, max_length=255, default=ids.session_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(
        max_length=10, choices=SessionStatus.choices, default=SessionStatus.OPEN
    )
    payment_status = models.CharField(
        max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.UNPAID
    )
    currency = models.CharField(max_length=3)
    amount_total = models.BigIntegerField()
    parameters = models.JSONField(help_text="What the shop asked for, checked.")
    lines = models.JSONField(help_text="The lines, each with the ids it was given.")
    metadata = models.JSONField(default=dict, blank=True)
    payment_intent = models.OneToOneField(
        "sandbox.PaymentIntent",
        on_delete=models.PROTECT,
        related_name="session",
        null=True,
        blank=True,
    )
    buyer_email = models.CharField(max_length=254, blank=True)
    buyer_name = models.CharField(max_length=200, blank=True)

    objects = CheckoutSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index("expires_at", name="session_still_open", condition=models.Q(status="open"))
        ]
        constraints = [
            models.CheckConstraint(
                name="session_paid_only_when_complete",
                condition=models.Q(status="complete") | models.Q(payment_status="unpaid"),
            ),
            models.CheckConstraint(
                name="session_complete_has_time",
                condition=models.Q(status="complete") ^ models.Q(completed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def is_open(self) -> bool:
        """Say whether it can still be paid."""
        return self.status == SessionStatus.OPEN

    @property
    def success_url(self) -> str:
        """Return where a buyer who has paid goes, with the session's id filled in."""
        url: str = self.parameters["success_url"]
        # A replacement of the literal text: other braces in the URL are the shop's own.
        return url.replace("{CHECKOUT_SESSION_ID}", self.id)

    @property
    def cancel_url(self) -> str:
        """Return where a buyer goes who does not want to pay; empty if the shop named no place."""
        return str(self.parameters.get("cancel_url", ""))

    @property
    def given_email(self) -> str:
        """Return the address the shop gave, which the buyer cannot change."""
        return str(self.parameters.get("customer_email", ""))

    @property
    def intent_parameters(self) -> dict[str, Any]:
        """Return what the shop wants written on the payment intent."""
        return dict(self.parameters.get("payment_intent_data", {}))

    @property
    def method_types(self) -> list[str]:
        """Return Stripe's names of the ways in which it can be paid."""
        return methods.offered(self.currency, self.parameters)

    def complete(self, payment_status: PaymentStatus, *, email: str, name: str) -> None:
        """End it with a purchase. The caller holds the lock and knows that it is open."""
        self.status = SessionStatus.COMPLETE
        self.payment_status = payment_status
        self.completed_at = timezone.now()
        self.buyer_email, self.buyer_name = email, name
        self.save()

    def receive_payment(self) -> None:
        """Be paid, long after the buyer's visit. The caller holds the lock."""
        self.payment_status = PaymentStatus.PAID
        self.save(update_fields=["payment_status"])

    def expire(self) -> None:
        """End it without one. The caller holds the lock and knows that it is open."""
        self.status = SessionStatus.EXPIRED
        self.save(update_fields=["status"])
