"""Orders, payments and events, for staff to read. Money is moved by settlement, never by a form."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.money import format_money
from checkout.models import (
    Cart,
    CartItem,
    LedgerEntry,
    Order,
    OrderLine,
    Payment,
    WebhookEvent,
)


class ReadOnly:
    """What staff may look at and nobody may edit."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows come from the shop alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is edited by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The books are kept."""
        return False


def money(name: str, label: str) -> Any:
    """Return a column that shows the minor units in field ``name`` as people write them."""

    @admin.display(description=label, ordering=name)
    def column(self: Any, row: Any) -> str:
        return format_money(getattr(row, name), row.currency)

    return column


class LineInline(ReadOnly, admin.TabularInline):
    """The seats that were ordered."""

    model = OrderLine
    fields = ("title", "course", "seat", "price", "is_for_buyer", "outcome", "seat_given")
    readonly_fields = ("price", "seat_given")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        """Fetch what the columns show with the lines."""
        lines = super().get_queryset(request)
        return lines.select_related("order", "course", "enrollment__learner", "enrollment__course")

    @admin.display(description="enrollment")
    def seat_given(self, line: OrderLine) -> str:
        """Say whose the seat is now."""
        seat = line.enrollment
        return f"{seat} ({seat.get_status_display().lower()})" if seat else "-"


class PaymentInline(ReadOnly, admin.TabularInline):
    """The attempts to pay."""

    model = Payment
    fields = (
        "attempt", "gateway", "status", "amount", "received", "settles_order", "card", "paid_at",
        "last_error",
    )  # fmt: skip
    readonly_fields = ("amount", "received")
    show_change_link = True

    amount = money("amount_minor", "amount")
    received = money("received_minor", "received")


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin):
    """Orders with their lines and payments."""

    list_display = ("number", "email", "total", "status", "held_reason", "created_at", "paid_at")
    list_filter = ("status", "held_reason", "created_at")
    search_fields = ("reference", "email", "payments__session_id", "payments__intent_id")
    search_help_text = "Reference, e-mail address, or the gateway's session or intent."
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    list_per_page = 50
    view_on_site = False  # the page is the customer's
    inlines = (LineInline, PaymentInline)
    fields = (
        ("number", "reference"), ("user", "email"), ("status", "held_reason"), "total",
        ("created_at", "expires_at", "paid_at"), ("fulfilled_by", "version"), "events",
    )  # fmt: skip
    readonly_fields = ("number", "total", "fulfilled_by", "events")

    total = money("total_minor", "total")

    @admin.display(ordering="pk")
    def number(self, order: Order) -> str:
        """What people call the order."""
        return order.number

    @admin.display(description="fulfilled")
    def fulfilled_by(self, order: Order) -> str:
        """Say when the courses were opened, and for which payment."""
        marker = getattr(order, "fulfillment", None)
        return f"{marker.created_at:%Y-%m-%d %H:%M:%S} UTC, {marker.payment}" if marker else "no"

    @admin.display(description="events")
    def events(self, order: Order) -> str | SafeString:
        """List what the gateway told us, the oldest first."""
        told = WebhookEvent.objects.filter(payment__order=order).order_by("received_at")
        lines = [
            f"{event.received_at:%Y-%m-%d %H:%M:%S}  {event.type}  {event.event_id}  "
            f"{event.get_state_display().lower()}, delivered {event.deliveries}×"
            for event in told
        ]
        return format_html("<pre>{}</pre>", "\n".join(lines)) if lines else "none yet"


class EntryInline(ReadOnly, admin.TabularInline):
    """The money that moved."""

    model = LedgerEntry
    fields = ("kind", "gateway_object_id", "amount", "created_at")
    readonly_fields = ("amount", "created_at")

    amount = money("amount_minor", "amount")


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
    inlines = (EntryInline, EventInline)

    amount = money("amount_minor", "amount")
    received = money("received_minor", "received")


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly, admin.ModelAdmin):
    """The ledger: written once, never changed."""

    list_display = ("created_at", "kind", "amount", "payment", "gateway_object_id")
    list_filter = ("kind", "created_at")
    list_select_related = ("payment__order",)
    search_fields = ("gateway_object_id", "payment__order__reference")
    ordering = ("-pk",)

    amount = money("amount_minor", "amount")


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnly, admin.ModelAdmin):
    """The inbox."""

    list_display = ("received_at", "type", "event_id", "state", "deliveries", "payment")
    list_filter = ("state", "type", "gateway", "livemode")
    list_select_related = ("payment__order",)
    search_fields = ("event_id", "object_id")
    ordering = ("-pk",)
    exclude = ("payload",)
    readonly_fields = ("what_was_said",)

    @admin.display(description="payload")
    def what_was_said(self, event: WebhookEvent) -> SafeString:
        """Show the event as it came."""
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2))


class CartItemInline(ReadOnly, admin.TabularInline):
    """What is in a cart."""

    model = CartItem
    fields = ("course", "seats", "added_at")
    readonly_fields = ("added_at",)


@admin.register(Cart)
class CartAdmin(ReadOnly, admin.ModelAdmin):
    """Carts, to help somebody who asks."""

    list_display = ("__str__", "owner", "created_at", "updated_at", "merged_at")
    list_select_related = ("owner",)
    search_fields = ("owner__email",)
    ordering = ("-updated_at",)
    inlines = (CartItemInline,)
