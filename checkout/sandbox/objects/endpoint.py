"""Webhook endpoints, in Stripe's shape."""

from checkout.sandbox.expansion import Json
from checkout.sandbox.models import WebhookEndpoint
from checkout.sandbox.objects.event import API_VERSION


def endpoint_object(endpoint: WebhookEndpoint) -> Json:
    """Return the endpoint, without its secret."""
    # The shop's own is pinned, as its owner would have pinned it in the Dashboard. One without
    # a version is rendered at the account's, which a null stands for.
    version = endpoint.api_version or (API_VERSION if endpoint.is_the_shops else None)
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": version,
        "application": None,
        "created": int(endpoint.created_at.timestamp()),
        "description": endpoint.description or None,
        "enabled_events": endpoint.enabled_events,
        "livemode": False,
        "metadata": endpoint.metadata,
        "status": endpoint.status,
        "url": endpoint.address,
    }
