"""Disputes: a customer's bank asks for the money back."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.money import format_money
from checkout.gateways.answers import DisputeSnapshot
from checkout.models.payment import Payment


class DisputeStatus(models.TextChoices):
    """Where a dispute stands, in Stripe's words (API version 2026-10-28.endive).

    Those that start with ``warning`` are inquiries: no money was taken.
    """

    WARNING_NEEDS_RESPONSE = "warning_needs_response", _("Inquiry: needs an answer")
    WARNING_UNDER_REVIEW = "warning_under_review", _("Inquiry: the bank is looking")
    WARNING_CLOSED = "warning_closed", _("Inquiry: closed")
    NEEDS_RESPONSE = "needs_response", _("Needs an answer")
    UNDER_REVIEW = "under_review", _("The bank is looking")
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response", _("Appeal: needs an answer")
    APPEAL_UNDER_REVIEW = "appeal_under_review", _("Appeal: the bank is looking")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    PREVENTED = "prevented", _("Prevented")


INQUIRIES = (DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_UNDER_REVIEW)
OPEN = (
    DisputeStatus.NEEDS_RESPONSE,
    DisputeStatus.UNDER_REVIEW,
    DisputeStatus.APPEAL_NEEDS_RESPONSE,
    DisputeStatus.APPEAL_UNDER_REVIEW,
)
CLOSED = (
    DisputeStatus.WARNING_CLOSED,
    DisputeStatus.WON,
    DisputeStatus.LOST,
    DisputeStatus.PREVENTED,
)
# What is closed comes up again only by an appeal; an inquiry that was closed may become a dispute.
AFTER_THE_END = {
    DisputeStatus.WARNING_CLOSED: {DisputeStatus.NEEDS_RESPONSE},
    DisputeStatus.WON: {DisputeStatus.APPEAL_NEEDS_RESPONSE, DisputeStatus.APPEAL_UNDER_REVIEW},
    DisputeStatus.LOST: {DisputeStatus.APPEAL_NEEDS_RESPONSE, DisputeStatus.APPEAL_UNDER_REVIEW},
    DisputeStatus.PREVENTED: set[DisputeStatus](),
}


class DisputeQuerySet(models.QuerySet["Dispute"]):
    """Disputes."""

    def open(self) -> "DisputeQuerySet":
        """Those that hold the money: inquiries do not."""
        return self.filter(status__in=OPEN)

    def taking_the_money(self) -> "DisputeQuerySet":
        """Those for which the bank holds the money, or has given it to its customer."""
        return self.filter(status__in=(*OPEN, DisputeStatus.LOST))

    def lost(self) -> "DisputeQuerySet":
        """Those whose money the customer has."""
        return self.filter(status=DisputeStatus.LOST)

    def unsettled(self) -> "DisputeQuerySet":
        """Those that may still change by themselves, inquiries included."""
        return self.exclude(status__in=CLOSED).order_by("pk")


class Dispute(models.Model):
    """One dispute, or inquiry, about one payment."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    gateway_dispute_id = models.CharField(max_length=255, unique=True)
    status = models.CharField(max_length=32, choices=DisputeStatus)
    reason = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    is_charge_refundable = models.BooleanField(default=False)
    evidence_due_at = models.DateTimeField(_("answer until"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0), name="dispute_amount_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(status__in=DisputeStatus.values), name="dispute_status_is_known"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                "evidence_due_at", condition=~Q(status__in=CLOSED), name="dispute_unsettled"
            )
        ]

    def __str__(self) -> str:
        kind = "Inquiry" if self.is_inquiry else "Dispute"
        return f"{kind} about {self.amount}"

    @property
    def amount(self) -> str:
        """The amount as people write it."""
        return format_money(self.amount_minor, self.currency)

    @property
    def is_inquiry(self) -> bool:
        """Whether it is a question only: no money was taken."""
        return self.status.startswith("warning_")

    @property
    def is_open(self) -> bool:
        """Whether the bank holds the money until it has decided."""
        return self.status in OPEN

    @property
    def is_lost(self) -> bool:
        """Whether the bank has given the money to its customer."""
        return self.status == DisputeStatus.LOST

    @property
    def is_closed(self) -> bool:
        """Whether the bank has decided."""
        return self.status in CLOSED

    def follow(self, snapshot: DisputeSnapshot) -> bool:
        """Become what the gateway says. Return whether its status changed.

        An older answer that comes late changes nothing: what is closed stays so.
        """
        status = DisputeStatus(snapshot.status)
        if status == self.status or not self._can_become(status):
            return False
        self.status = status
        self.is_charge_refundable = snapshot.is_charge_refundable
        self.evidence_due_at = snapshot.evidence_due_at
        self.closed_at = timezone.now() if self.is_closed else None
        self.save()
        return True

    def _can_become(self, status: DisputeStatus) -> bool:
        return not self.is_closed or status in AFTER_THE_END[DisputeStatus(self.status)]
