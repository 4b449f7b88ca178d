"""Webhook endpoints, as Stripe's API has them: listed, made, changed, deleted."""

import re
from typing import Any

from checkout.sandbox import errors, ids, listing, session_rules, sessions
from checkout.sandbox.expansion import Json
from checkout.sandbox.models import WebhookEndpoint
from checkout.sandbox.objects.endpoint import endpoint_object
from checkout.sandbox.transport import Call, endpoint

MAX_ENDPOINTS = 16  # Stripe, "Webhooks": as many may be registered


def list_endpoints(call: Call) -> Json:
    """List the endpoints, the newest first."""
    params = call.checked("WebhookEndpointListParams")
    return listing.page_of_rows(
        WebhookEndpoint.objects.present(),
        params,
        url="/v1/webhook_endpoints",
        render=endpoint_object,
    )


def create_endpoint(call: Call) -> Json:
    """Make an endpoint. Its secret is told here, and never again."""
    params = call.checked("WebhookEndpointCreateParams")
    if params.get("connect"):
        raise errors.not_imitated("connect")
    if WebhookEndpoint.objects.present().count() >= MAX_ENDPOINTS:
        raise errors.ApiError(f"You have reached the maximum of {MAX_ENDPOINTS} test endpoints.")
    made = WebhookEndpoint(secret=ids.webhook_secret(), api_version=params.get("api_version", ""))
    _change(made, params)
    return {**endpoint_object(made), "secret": made.secret}


def retrieve_endpoint(call: Call, endpoint_id: str) -> Json:
    """Return one endpoint."""
    call.checked("WebhookEndpointRetrieveParams")
    return endpoint_object(_find(endpoint_id))


def update_endpoint(call: Call, endpoint_id: str) -> Json:
    """Change where it listens and to what, or disable it."""
    params = call.checked("WebhookEndpointUpdateParams")
    found = _find(endpoint_id)
    _change(found, params)
    if "disabled" in params:
        found.switch(on=not params["disabled"])
    return endpoint_object(found)


def delete_endpoint(call: Call, endpoint_id: str) -> Json:
    """Delete an endpoint. What it was told stays in the log."""
    call.checked("WebhookEndpointDeleteParams")
    _find(endpoint_id).retire()
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


def _find(endpoint_id: str) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.present().filter(pk=endpoint_id).first()
    if found is None:
        raise errors.missing_resource("webhook_endpoint", endpoint_id, param="id")
    return found


def _change(changed: WebhookEndpoint, params: dict[str, Any]) -> None:
    if "url" in params:
        changed.url = _checked_url(params["url"])
    if "enabled_events" in params:
        changed.enabled_events = _checked_events(params["enabled_events"])
    if "description" in params:
        changed.description = params["description"]
    if "metadata" in params:
        session_rules.check_metadata(params["metadata"], "metadata")
        changed.metadata = sessions.merged_metadata(changed.metadata, params["metadata"])
    changed.save()


def _checked_url(url: str) -> str:
    if len(url) > 2000 or not re.fullmatch(r"https?://[^/\s]+(/\S*)?", url):
        raise errors.invalid_parameter(
            "Invalid URL: An explicit scheme (such as https) must be provided.",
            "url",
            code="url_invalid",
        )
    return url


def _checked_events(kinds: list[str]) -> list[str]:
    if not kinds:
        raise errors.missing_parameter("enabled_events")
    return list(dict.fromkeys(kinds))


endpoint_list_view = endpoint(GET=list_endpoints, POST=create_endpoint)
endpoint_view = endpoint(GET=retrieve_endpoint, POST=update_endpoint, DELETE=delete_endpoint)
