"""The inbox: what gateways told the shop."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from checkout.admin.reading import ReadOnly
from checkout.models import WebhookEvent


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

    @admin.display(description=_("payload"))
    def what_was_said(self, event: WebhookEvent) -> SafeString:
        """Show the event as it came."""
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2))
