"""What every template knows of the shop."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from project.stylesheet import stylesheet_digest
from project.theme import theme_of


def shop(request: HttpRequest) -> dict[str, Any]:
    """Name the shop, and say whether this is the demo. Found out once for each request."""
    known: dict[str, Any] | None = getattr(request, "shop", None)
    if known is None:
        known = request.shop = _shop(request)  # type: ignore[attr-defined]
    return known


def _shop(request: HttpRequest) -> dict[str, Any]:
    return {
        "SHOP_NAME": settings.SHOP_NAME,
        "DEMO": settings.DEMO,
        "SANDBOX": settings.SANDBOX,
        "SITE_URL": settings.SITE_URL,
        "REFUND_DAYS": settings.REFUND_DAYS,
        "HTMX_SCRIPT": settings.HTMX_SCRIPT and f"htmx/{Path(settings.HTMX_SCRIPT).name}",
        "STYLESHEET": stylesheet_digest,
        "THEME": theme_of(request),
    }
