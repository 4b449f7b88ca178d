"""Refunds and disputes, for staff to read. Refunds are made on the page of their order."""

from django.contrib import admin
from django.db.models import F
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from checkout.admin.reading import ReadOnly, at_gateway, money
from checkout.models import Dispute, Refund


class OfPayment(ReadOnly, admin.ModelAdmin):
    """What belongs to one payment, with the way to its order."""

    amount = money("amount_minor", _("amount"))

    @admin.display(description=_("order"))
    def order(self, row: Refund | Dispute) -> str:
        """Lead to the order."""
        order = row.payment.order
        url = reverse("admin:checkout_order_change", args=[order.pk])
        return format_html('<a href="{}">{}</a>', url, order.number)


@admin.register(Refund)
class RefundAdmin(OfPayment):
    """Money that went back, or is about to."""

    list_display = ("created_at", "order", "amount", "status", "reason", "requested_by", "ended_at")
    list_display_links = ("created_at",)
    list_select_related = ("payment__order", "requested_by")
    list_filter = ("status", "reason", "ends_access", "created_at")
    search_fields = ("gateway_refund_id", "payment__order__reference", "payment__order__email")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    exclude = ("amount_minor", "idempotency_key")
    readonly_fields = ("order", "amount", "in_dashboard")

    @admin.display(description=_("at the gateway"))
    def in_dashboard(self, refund: Refund) -> str:
        """Lead to the payment in the gateway's dashboard, which lists its refunds."""
        return at_gateway(refund.payment, f"payments/{refund.payment.intent_id or ''}")


@admin.register(Dispute)
class DisputeAdmin(OfPayment):
    """What customers' banks asked. Those that are open come first, the most urgent on top."""

    list_display = ("evidence_due_at", "order", "amount", "status", "reason", "in_dashboard")
    list_display_links = ("evidence_due_at", "status")
    list_select_related = ("payment__order",)
    list_filter = ("status", "reason", "created_at")
    search_fields = ("gateway_dispute_id", "payment__order__reference", "payment__order__email")
    ordering = (
        F("closed_at").desc(nulls_first=True),
        F("evidence_due_at").asc(nulls_last=True),
        "-pk",
    )
    exclude = ("amount_minor",)
    readonly_fields = ("order", "amount", "in_dashboard")

    @admin.display(description=_("at the gateway"))
    def in_dashboard(self, dispute: Dispute) -> str:
        """Lead to where the dispute is answered."""
        return at_gateway(dispute.payment, f"disputes/{dispute.gateway_dispute_id}")
