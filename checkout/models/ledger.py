"""The ledger: money that moved, written once and never changed."""

from typing import ClassVar

from django.db import models

from checkout.models.payment import Payment


class LedgerKind(models.TextChoices):
    """Why money moved."""

    CHARGE = "charge", "Charge"


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    """Money that moved."""

    def book(self, payment: Payment, kind: LedgerKind, *, currency: str) -> "LedgerEntry":
        """Write down what a payment brought. A second time the database refuses."""
        return self.create(
            payment=payment,
            kind=kind,
            gateway_object_id=payment.charge_id or payment.intent_id or payment.session_id or "",
            amount_minor=payment.received_minor,
            currency=currency,
        )


class LedgerEntry(models.Model):
    """Money that moved, written once and never changed."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=32, choices=LedgerKind)
    gateway_object_id = models.CharField(max_length=255, help_text="What moved it there.")
    amount_minor = models.BigIntegerField("amount", help_text="Positive towards the shop.")
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "ledger"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "gateway_object_id"], name="ledger_entry_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.gateway_object_id}"
