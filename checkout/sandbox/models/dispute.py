"""Disputes and warnings: what a buyer's bank says against a charge."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from checkout.sandbox import ids
from checkout.sandbox.models.payment import Charge


class DisputeStatus(models.TextChoices):
    """Where a dispute stands. The warnings are inquiries: no money has been taken."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"


# Every move a dispute can make.
NEXT_STATUSES = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: {
        DisputeStatus.WARNING_UNDER_REVIEW,
        DisputeStatus.WARNING_CLOSED,
        DisputeStatus.NEEDS_RESPONSE,
        DisputeStatus.PREVENTED,
    },
    DisputeStatus.WARNING_UNDER_REVIEW: {
        DisputeStatus.WARNING_CLOSED,
        DisputeStatus.NEEDS_RESPONSE,
        DisputeStatus.PREVENTED,
    },
    DisputeStatus.WARNING_CLOSED: set(),
    DisputeStatus.NEEDS_RESPONSE: {
        DisputeStatus.UNDER_REVIEW,
        DisputeStatus.WON,
        DisputeStatus.LOST,
    },
    DisputeStatus.UNDER_REVIEW: {DisputeStatus.WON, DisputeStatus.LOST},
    DisputeStatus.LOST: {DisputeStatus.APPEAL_NEEDS_RESPONSE},
    DisputeStatus.APPEAL_NEEDS_RESPONSE: {DisputeStatus.APPEAL_UNDER_REVIEW, DisputeStatus.LOST},
    DisputeStatus.APPEAL_UNDER_REVIEW: {DisputeStatus.WON, DisputeStatus.LOST},
    DisputeStatus.WON: set(),
    DisputeStatus.PREVENTED: set(),
}
# What becomes of each status in which the shop is asked, once it has answered.
ANSWERED = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: DisputeStatus.WARNING_UNDER_REVIEW,
    DisputeStatus.NEEDS_RESPONSE: DisputeStatus.UNDER_REVIEW,
    DisputeStatus.APPEAL_NEEDS_RESPONSE: DisputeStatus.APPEAL_UNDER_REVIEW,
}
INQUIRIES = {
    DisputeStatus.WARNING_NEEDS_RESPONSE,
    DisputeStatus.WARNING_UNDER_REVIEW,
    DisputeStatus.WARNING_CLOSED,
}
CLOSED = {
    DisputeStatus.WARNING_CLOSED,
    DisputeStatus.WON,
    DisputeStatus.LOST,
    DisputeStatus.PREVENTED,
}
# The buyer has the money already: a refund would pay twice.
UNREFUNDABLE = set(DisputeStatus) - INQUIRIES - {DisputeStatus.WON}

DAYS_TO_ANSWER = 8


def _due_by() -> datetime:
    """Return the end of the last day on which the shop can answer."""
    day = timezone.now() + timedelta(days=DAYS_TO_ANSWER)
    return day.replace(hour=23, minute=59, second=59, microsecond=0)


class DisputeQuerySet(models.QuerySet["Dispute"]):
    """Disputes, found by what they mean for the charge."""

    def unrefundable(self) -> "DisputeQuerySet":
        """Return those that have taken the money, or may have."""
        return self.filter(status__in=UNREFUNDABLE)

    def unsettled(self) -> "DisputeQuerySet":
        """Return those that are not over."""
        return self.exclude(status__in=CLOSED)


class Dispute(models.Model):
    """A buyer's complaint to the bank about one charge, or the bank's inquiry before one."""

    id = models.CharField(primary_key=True, max_length=255, default=ids.dispute_id, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="disputes")
    created_at = models.DateTimeField(default=timezone.now)
    due_by = models.DateTimeField(default=_due_by)
    status = models.CharField(max_length=30, choices=DisputeStatus.choices)
    reason = models.CharField(max_length=50)
    amount = models.BigIntegerField()
    evidence = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    submission_count = models.PositiveSmallIntegerField(default=0)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "charge",
                name="one_unsettled_dispute_per_charge",
                condition=~models.Q(status__in=["warning_closed", "won", "lost", "prevented"]),
            ),
            models.CheckConstraint(name="dispute_of_something", condition=models.Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def is_inquiry(self) -> bool:
        """Say whether the bank asks only, and has taken no money."""
        return self.status in INQUIRIES

    @property
    def is_closed(self) -> bool:
        """Say whether the bank has decided."""
        return self.status in CLOSED

    @property
    def awaits_answer(self) -> bool:
        """Say whether the bank waits for the shop's evidence."""
        return self.status in ANSWERED

    @property
    def is_charge_refundable(self) -> bool:
        """Say whether the buyer can still get the money from the shop."""
        return self.status not in UNREFUNDABLE and self.charge.amount_left > 0

    def can_become(self, status: DisputeStatus) -> bool:
        """Say whether it can still move to ``status``."""
        return status in NEXT_STATUSES[DisputeStatus(self.status)]

    def move_to(self, status: DisputeStatus) -> None:
        """Change the status. The caller holds the charge's lock and knows that it is possible."""
        self.status = status
        self.save(update_fields=["status"])

    def submit(self) -> None:
        """Send the evidence to the bank. The caller knows that the bank waits for it."""
        self.submission_count += 1
        self.save(update_fields=["submission_count"])
        self.move_to(ANSWERED[DisputeStatus(self.status)])


class EarlyFraudWarning(models.Model):
    """A bank's word that a charge may be fraud; a refund may spare the dispute."""

    id = models.CharField(primary_key=True, max_length=255, default=ids.warning_id, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="fraud_warnings")
    created_at = models.DateTimeField(default=timezone.now)
    fraud_type = models.CharField(max_length=50)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.id} ({self.fraud_type})"

    @property
    def is_actionable(self) -> bool:
        """Say whether a refund could still spare the dispute."""
        return not self.charge.is_disputed and not self.charge.is_refunded
