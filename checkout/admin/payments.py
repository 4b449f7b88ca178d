"""Attempts to pay and the ledger, for staff."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from checkout.admin.checking import check_now
from checkout.admin.reading import ReadOnly, at_gateway, may_move_money, money
from checkout.models import LedgerEntry, Payment, WebhookEvent


class EntryInline(ReadOnly, admin.TabularInline):
    """The money that moved."""

    model = LedgerEntry
    fields = ("kind", "gateway_object_id", "amount", "created_at")
    readonly_fields = ("amount", "created_at")

    amount = money("amount_minor", _("amount"))


class EventInline(ReadOnly, admin.TabularInline):
    """What the gateway told us of a payment."""

    model = WebhookEvent
    fields = ("type", "event_id", "state", "deliveries", "received_at", "error")
    readonly_fields = ("received_at",)
    show_change_link = True


@admin.register(Payment)
class PaymentAdmin(ReadOnly, admin.ModelAdmin):
    """Attempts to pay, with the ledger and the events."""

    list_display = ("__str__", "gateway", "status", "amount", "received", "created_at", "paid_at")
    list_filter = ("status", "gateway", "livemode", "created_at")
    list_select_related = ("order",)
    search_fields = ("order__reference", "session_id", "intent_id", "charge_id")
    ordering = ("-pk",)
    readonly_fields = ("in_dashboard",)
    inlines = (EntryInline, EventInline)

    amount = money("amount_minor", _("amount"))
    received = money("received_minor", _("received"), currency="received_currency")

    @admin.display(description=_("at the gateway"))
    def in_dashboard(self, payment: Payment) -> str:
        """Lead to the payment in the gateway's dashboard."""
        return at_gateway(payment, f"payments/{payment.intent_id or ''}")

    def get_urls(self) -> list[Any]:
        """Add the question to the gateway."""
        check = self.admin_site.admin_view(self.check_view)
        return [path("<int:pk>/check/", check, name="checkout_payment_check"), *super().get_urls()]

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the gateway about a payment now."""
        return check_now(request, self, Payment.objects.filter(pk=pk), back_to="payment", pk=pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a payment, with the question to the gateway for those who may ask it."""
        context = {**(extra_context or {}), "may_move_money": may_move_money(request)}
        return super().change_view(request, object_id, form_url, context)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly, admin.ModelAdmin):
    """The ledger: written once, never changed."""

    list_display = ("created_at", "kind", "amount", "payment", "gateway_object_id")
    list_filter = ("kind", "created_at")
    list_select_related = ("payment__order",)
    search_fields = ("gateway_object_id", "payment__order__reference")
    ordering = ("-pk",)

    amount = money("amount_minor", _("amount"))
