"""The balance: each movement of money into the shop's account at Stripe, or out of it."""

from django.db import models
from django.utils import timezone

from checkout.sandbox import ids


class BalanceTransaction(models.Model):
    """One movement. ``amount`` is negative when money leaves; ``fee`` is what Stripe keeps."""

    id = models.CharField(primary_key=True, max_length=255, default=ids.balance_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    available_on = models.DateTimeField(default=timezone.now)
    type = models.CharField(max_length=50)
    reporting_category = models.CharField(max_length=50)
    source = models.CharField(max_length=255, help_text="The id of what moved the money.")
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    fee = models.BigIntegerField(default=0)
    fee_description = models.CharField(max_length=100, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "source", "reporting_category", name="money_moves_once_for_each_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.reporting_category} of {self.source})"

    @property
    def net(self) -> int:
        """Return by how much the balance changes, in Stripe's units."""
        return self.amount - self.fee

    @property
    def is_available(self) -> bool:
        """Say whether the shop could have it paid out."""
        return self.available_on <= timezone.now()
