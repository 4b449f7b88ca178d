"""Webhook endpoints: who is told of what, and with which secrets it is signed."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from checkout.sandbox import ids

# The shop's own endpoint, as its owner would have made it in the Dashboard.
SHOP_ENDPOINT = "we_0000000000000000000shop"
SHOP_EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "radar.early_fraud_warning.created",
)
EVERYTHING = "*"


def webhook_url() -> str:
    """Return where the shop listens."""
    return f"{settings.SITE_URL}{reverse('checkout:stripe_webhook')}"


def shop_events() -> list[str]:
    """Return what the shop wants to hear of."""
    return list(SHOP_EVENTS)


class EndpointStatus(models.TextChoices):
    """Whether an endpoint is told anything. The deliveries of a deleted one stay in the log."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"


class EndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Endpoints, found by what they want."""

    def present(self) -> "EndpointQuerySet":
        """Return those that were not deleted; the shop's own is made if it never was."""
        self.shops()
        return self.exclude(status=EndpointStatus.DELETED)

    def shops(self) -> "WebhookEndpoint":
        """Return the shop's own."""
        endpoint, _ = self.get_or_create(pk=SHOP_ENDPOINT)
        return endpoint

    def listening_to(self, kind: str) -> Sequence["WebhookEndpoint"]:
        """Return those that are to be told of such an event, the shop's own first."""
        endpoints = list(self.order_by("created_at", "pk"))
        if not any(endpoint.is_the_shops for endpoint in endpoints):
            endpoints.append(self.shops())
        endpoints.sort(key=lambda endpoint: not endpoint.is_the_shops)
        return [endpoint for endpoint in endpoints if endpoint.wants(kind)]


class WebhookEndpoint(models.Model):
    """An address that is told of events."""

    id = models.CharField(primary_key=True, max_length=255, default=ids.endpoint_id, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(
        max_length=10, choices=EndpointStatus.choices, default=EndpointStatus.ENABLED
    )
    url = models.CharField(
        max_length=2000, blank=True, help_text="Empty where the shop itself listens."
    )
    enabled_events = models.JSONField(default=shop_events)
    api_version = models.CharField(max_length=64, blank=True)
    description = models.TextField(blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    secret = models.CharField(
        max_length=255, blank=True, help_text="Empty for what the shop's settings say."
    )
    old_secrets = models.JSONField(default=list, blank=True)
    old_secrets_until = models.DateTimeField(null=True, blank=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def is_the_shops(self) -> bool:
        """Say whether it is the shop's own."""
        return self.pk == SHOP_ENDPOINT

    @property
    def is_enabled(self) -> bool:
        """Say whether it is told anything."""
        return self.status == EndpointStatus.ENABLED

    @property
    def address(self) -> str:
        """Return where it listens."""
        return self.url or webhook_url()

    @property
    def is_rolling(self) -> bool:
        """Say whether an old secret still signs beside the new one."""
        return bool(self.old_secrets_until and self.old_secrets_until > timezone.now())

    @property
    def secrets(self) -> list[str]:
        """Return what signs now, the newest first."""
        newest = [self.secret] if self.secret else list(settings.STRIPE_WEBHOOK_SECRETS)
        return [*newest, *(self.old_secrets if self.is_rolling else [])]

    def wants(self, kind: str) -> bool:
        """Say whether it is to be told of such an event."""
        return self.is_enabled and not {kind, EVERYTHING}.isdisjoint(self.enabled_events)

    def switch(self, *, on: bool) -> None:
        """Tell it of what happens, or stop telling it, retries included."""
        self.status = EndpointStatus.ENABLED if on else EndpointStatus.DISABLED
        self.save(update_fields=["status"])

    def roll_secret(self, secret: str, *, until: datetime) -> None:
        """Sign with ``secret``, and until then with those as well that signed before."""
        self.old_secrets, self.old_secrets_until = self.secrets, until
        self.secret = secret
        self.save(update_fields=["secret", "old_secrets", "old_secrets_until"])

    def restore_secret(self) -> None:
        """Sign with what the shop's settings say, as in the beginning."""
        self.secret, self.old_secrets, self.old_secrets_until = "", [], None
        self.save(update_fields=["secret", "old_secrets", "old_secrets_until"])

    def retire(self) -> None:
        """Be deleted."""
        self.status = EndpointStatus.DELETED
        self.save(update_fields=["status"])
