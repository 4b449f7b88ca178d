"""Refunds: money that goes back, written down before the gateway hears of it."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.money import format_money
from checkout.gateways.answers import RefundSnapshot
from checkout.models.order import InvalidTransition
from checkout.models.payment import Payment


class RefundStatus(models.TextChoices):
    """Where a refund stands. All but ``requested`` are the gateway's words."""

    REQUESTED = "requested", _("To be sent")
    PENDING = "pending", _("On its way")
    REQUIRES_ACTION = "requires_action", _("Waits for the customer")
    SUCCEEDED = "succeeded", _("Refunded")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")


# Every move a refund can make. Each is a verb of Refund, and nothing else writes its status. What
# has succeeded can still fail, days later: then the bank has sent the money back.
NEXT_STATUSES = {
    RefundStatus.REQUESTED: {
        RefundStatus.PENDING,
        RefundStatus.REQUIRES_ACTION,
        RefundStatus.SUCCEEDED,
        RefundStatus.FAILED,
        RefundStatus.CANCELED,
    },
    RefundStatus.PENDING: {
        RefundStatus.REQUIRES_ACTION,
        RefundStatus.SUCCEEDED,
        RefundStatus.FAILED,
        RefundStatus.CANCELED,
    },
    RefundStatus.REQUIRES_ACTION: {
        RefundStatus.PENDING,
        RefundStatus.SUCCEEDED,
        RefundStatus.FAILED,
        RefundStatus.CANCELED,
    },
    RefundStatus.SUCCEEDED: {RefundStatus.FAILED},
    RefundStatus.FAILED: set(),
    RefundStatus.CANCELED: set(),
}
UNDER_WAY = (RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION)
GIVEN_UP = (RefundStatus.FAILED, RefundStatus.CANCELED)


class RefundReason(models.TextChoices):
    """Why money goes back."""

    ASKED = "asked", _("The customer asked")
    SURPLUS = "surplus", _("The order was paid twice")
    OWNED = "owned", _("The course was owned already")
    MISMATCH = "mismatch", _("Another amount was paid")
    GATEWAY = "gateway", _("Made at the gateway")


class RefundQuerySet(models.QuerySet["Refund"]):
    """Refunds."""

    def locked(self) -> "RefundQuerySet":
        """Rows locked until the transaction ends."""
        return self.select_for_update(no_key=True, of=("self",))

    def standing(self) -> "RefundQuerySet":
        """Those that were not given up: the money has gone back, or will."""
        return self.exclude(status__in=GIVEN_UP)

    def unsent(self, *, since: datetime) -> "RefundQuerySet":
        """Those written down before ``since`` that the gateway has not confirmed."""
        return self.filter(status=RefundStatus.REQUESTED, created_at__lt=since).order_by("pk")

    def unsettled(self) -> "RefundQuerySet":
        """Those that the gateway has, and that are not at their end."""
        return self.filter(status__in=UNDER_WAY).order_by("pk")


class Refund(models.Model):
    """Money of one payment that goes back."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    status = models.CharField(max_length=16, choices=RefundStatus, default=RefundStatus.REQUESTED)
    reason = models.CharField(max_length=16, choices=RefundReason)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    ends_access = models.BooleanField(
        default=False, help_text=_("Closes the seats of its lines, or of the order without any.")
    )
    idempotency_key = models.CharField(max_length=255, unique=True)
    request = models.JSONField(
        default=dict, help_text=_("What the gateway is asked, word for word.")
    )
    gateway_refund_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    note = models.CharField(max_length=500, blank=True, help_text=_("For staff."))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True, blank=True, help_text=_("By the gateway."))
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(reason="surplus") & ~Q(status__in=GIVEN_UP),
                name="one_surplus_refund_per_payment",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="refund_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=RefundStatus.values), name="refund_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(gateway_refund_id__isnull=False)
                | Q(status__in=("requested", *GIVEN_UP)),
                name="refund_under_way_is_known_to_the_gateway",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                "created_at",
                condition=Q(status__in=("requested", *UNDER_WAY)),
                name="refund_unsettled",
            )
        ]

    def __str__(self) -> str:
        return f"Refund of {self.amount}"

    @property
    def amount(self) -> str:
        """The amount as people write it."""
        return format_money(self.amount_minor, self.currency)

    @property
    def is_standing(self) -> bool:
        """Whether the money has gone back, or will."""
        return self.status not in GIVEN_UP

    @property
    def is_requested(self) -> bool:
        """Whether the gateway has yet to hear of it."""
        return self.status == RefundStatus.REQUESTED

    @property
    def is_under_way(self) -> bool:
        """Whether the gateway has it and the money is not there yet."""
        return self.status in UNDER_WAY

    @property
    def has_succeeded(self) -> bool:
        """Whether the money has gone back."""
        return self.status == RefundStatus.SUCCEEDED

    @property
    def was_accepted(self) -> bool:
        """Whether the gateway has taken the money from the shop at any time."""
        return self.accepted_at is not None

    def follow(self, snapshot: RefundSnapshot) -> bool:
        """Become what the gateway says. Return whether anything changed.

        An older answer that comes late changes nothing: a refund never goes back.
        """
        status = RefundStatus(snapshot.status)
        is_new = self.gateway_refund_id != snapshot.refund_id
        if status != self.status and status not in NEXT_STATUSES[RefundStatus(self.status)]:
            return False
        changes: dict[str, Any] = {"gateway_refund_id": snapshot.refund_id}
        if status not in GIVEN_UP and not self.accepted_at:
            changes["accepted_at"] = timezone.now()
        if snapshot.error:
            changes["last_error"] = snapshot.error
        return self._move_to(status, **changes) or is_new

    def give_up(self, why: str) -> bool:
        """Note that the gateway refused. Return whether anything changed."""
        return self._move_to(RefundStatus.FAILED, last_error=why[:500])

    def note_error(self, why: str) -> None:
        """Keep why nobody knows yet what became of it."""
        Refund.objects.filter(pk=self.pk).update(last_error=why[:500])

    def _move_to(self, status: RefundStatus, **changes: Any) -> bool:
        """Move to ``status`` in one UPDATE; return ``False`` if it was there already."""
        if status not in ("requested", *UNDER_WAY):
            changes["ended_at"] = timezone.now()
        origins = [old for old, new in NEXT_STATUSES.items() if status in new]
        movable = Refund.objects.filter(pk=self.pk, status__in=origins)
        moved = movable.update(status=status, **changes)
        self.refresh_from_db(fields=["status", *changes])
        if self.status != status:
            raise InvalidTransition(f"{self} cannot become {status.label.lower()}.")
        return bool(moved)
