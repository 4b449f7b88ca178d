"""The wire between shop and gateway, without sockets: both are asked in this process.

What goes over it is the same: the official SDK's requests, and really signed webhooks.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe
from django.conf import settings
from django.db import connection
from django.test import Client

from checkout.proving.hazards import at_the_gateway


class AskedInTransaction(Exception):
    """The gateway was asked while a transaction was open, and its locks held."""


class Wire(stripe.HTTPClient):
    """An HTTP client of Stripe's SDK that hands each request to Django."""

    name = "in process"
    # Seconds between two tries; there is no network that would need a rest.
    INITIAL_DELAY = 0
    MAX_DELAY = 0

    def request(  # type: ignore[override]  # as the SDK's own clients return it
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Ask the sandbox."""
        if connection.in_atomic_block:
            raise AskedInTransaction(f"{method} {urlsplit(url).path}")
        with at_the_gateway():
            response = send(method, url, body=post_data or b"", headers=dict(headers or {}))
        return response.content, response.status_code, response.headers

    def close(self) -> None:
        """Nothing was opened."""


def send(method: str, url: str, *, body: bytes | str, headers: dict[str, str]) -> Any:
    """Send a request to this process, and return its answer."""
    address = urlsplit(url)
    client = Client(raise_request_exception=False, SERVER_NAME=settings.SITE_HOST)
    content_type = headers.pop("Content-Type", "application/x-www-form-urlencoded")
    return client.generic(
        method,
        f"{address.path}?{address.query}" if address.query else address.path,
        body,
        content_type,
        secure=settings.SITE_IS_SECURE,
        headers=headers,
    )
