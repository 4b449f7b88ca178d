"""The ledger: money that moved, written once and never changed."""

from typing import ClassVar

from django.db import connection, models
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from checkout.models.payment import Payment
from project.statement import Statement


class LedgerKind(models.TextChoices):
    """Why money moved."""

    CHARGE = "charge", _("Charge")
    REFUND = "refund", _("Refund")
    REFUND_FAILED = "refund_failed", _("Refund that failed")
    DISPUTE_WITHDRAWN = "dispute_withdrawn", _("Withdrawn for a dispute")
    DISPUTE_REINSTATED = "dispute_reinstated", _("Given back after a dispute")


INWARD = (LedgerKind.CHARGE, LedgerKind.REFUND_FAILED, LedgerKind.DISPUTE_REINSTATED)
DISPUTED = (LedgerKind.DISPUTE_WITHDRAWN, LedgerKind.DISPUTE_REINSTATED)


_BOOK = Statement("""
    INSERT INTO checkout_ledgerentry
        (payment_id, kind, gateway_object_id, amount_minor, currency, created_at)
    VALUES (%s, %s, %s, %s, %s, now())
""")


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    """Money that moved."""

    def book(
        self,
        payment: Payment,
        kind: LedgerKind,
        *,
        amount_minor: int,
        currency: str,
        gateway_object_id: str,
    ) -> None:
        """Write down money that moved; positive is towards the shop.

        A second time the database refuses (``ledger_entry_once``).
        """
        values = [payment.pk, kind.value, gateway_object_id, amount_minor, currency]
        _BOOK.count(connection, values)

    def total(self) -> int:
        """Return what is left of all of it, in minor units."""
        return int(self.aggregate(total=Sum("amount_minor", default=0))["total"])


class LedgerEntry(models.Model):
    """Money that moved, written once and never changed."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=32, choices=LedgerKind)
    gateway_object_id = models.CharField(max_length=255, help_text=_("What moved it there."))
    amount_minor = models.BigIntegerField(_("amount"), help_text=_("Positive towards the shop."))
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("ledger")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "gateway_object_id"], name="ledger_entry_once"),
            models.CheckConstraint(
                condition=Q(kind__in=INWARD, amount_minor__gte=0)
                | ~Q(kind__in=INWARD) & Q(amount_minor__lte=0),
                name="ledger_sign_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=LedgerKind.values), name="ledger_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.gateway_object_id}"
