"""Refunds: money on its way back to the buyer, which sometimes comes back from there."""

from django.db import models
from django.utils import timezone

from checkout.sandbox.models.balance import BalanceTransaction
from checkout.sandbox.models.payment import Charge


class RefundStatus(models.TextChoices):
    """Where a refund stands."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


# Every move a refund can make. One that has succeeded can still come back from the bank.
NEXT_STATUSES = {
    RefundStatus.PENDING: {
        RefundStatus.REQUIRES_ACTION,
        RefundStatus.SUCCEEDED,
        RefundStatus.FAILED,
        RefundStatus.CANCELED,
    },
    RefundStatus.REQUIRES_ACTION: {
        RefundStatus.SUCCEEDED,
        RefundStatus.FAILED,
        RefundStatus.CANCELED,
    },
    RefundStatus.SUCCEEDED: {RefundStatus.FAILED},
    RefundStatus.FAILED: set(),
    RefundStatus.CANCELED: set(),
}


class Refund(models.Model):
    """Some or all of a charge, given back. Its amount counts as refunded unless it fails."""

    id = models.CharField(primary_key=True, max_length=255, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="refunds")
    created_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=20, choices=RefundStatus.choices)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=50, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    failure_reason = models.CharField(max_length=50, blank=True)
    balance_transaction = models.OneToOneField(
        BalanceTransaction, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    failure_balance_transaction = models.OneToOneField(
        BalanceTransaction, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(name="refund_of_something", condition=models.Q(amount__gt=0)),
            models.CheckConstraint(
                name="refund_failed_has_reason",
                condition=models.Q(status__in=["failed", "canceled"]) ^ models.Q(failure_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def is_under_way(self) -> bool:
        """Say whether the money has not arrived and still may."""
        return self.can_become(RefundStatus.CANCELED)

    def can_become(self, status: RefundStatus) -> bool:
        """Say whether it can still move to ``status``."""
        return status in NEXT_STATUSES[RefundStatus(self.status)]

    def require_action(self) -> None:
        """Wait for the buyer to say where the money should go."""
        self._move_to(RefundStatus.REQUIRES_ACTION)

    def succeed(self) -> None:
        """Have arrived."""
        self._move_to(RefundStatus.SUCCEEDED)

    def fail(self, reason: str, returned: BalanceTransaction) -> None:
        """Come back from the bank; ``returned`` is the money in the shop's balance again."""
        self._give_up(RefundStatus.FAILED, reason, returned)

    def cancel(self, returned: BalanceTransaction) -> None:
        """Be called back by the shop."""
        self._give_up(RefundStatus.CANCELED, "merchant_request", returned)

    def _give_up(self, status: RefundStatus, reason: str, returned: BalanceTransaction) -> None:
        self.failure_reason = reason
        self.failure_balance_transaction = returned
        self._move_to(status)

    def _move_to(self, status: RefundStatus) -> None:
        """Change the status. The caller holds the charge's lock and knows that it is possible."""
        self.status = status
        self.save(update_fields=["status", "failure_reason", "failure_balance_transaction"])
