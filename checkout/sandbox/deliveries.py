"""Webhooks: signed, sent, and sent again until the shop has answered with success.

Source of the signature scheme: Stripe, "Verify webhook signatures manually".
"""

import hashlib
import hmac
import json
import logging
import threading
import time

import requests
from django.conf import settings
from django.db import connection
from django.urls import reverse

from checkout.sandbox.models import Delivery
from checkout.sandbox.objects.event import event_object
from project.jobs import job

logger = logging.getLogger(__name__)

# Seconds: long enough to see the shop wait, short enough to wait for.
MOMENT = 2.5

# Seconds to wait after each failed attempt; Stripe takes days where we take minutes.
RETRY_AFTER = (5, 30, 120, 600)
# Seconds to connect and to be answered: ten in all, which is how long a buyer may wait.
TIMEOUT = (2, 8)


def webhook_url() -> str:
    """Return where the shop listens."""
    return f"{settings.SITE_URL}{reverse('checkout:stripe_webhook')}"


@job(queue="sandbox")
def deliver(delivery_id: int) -> None:
    """Try a delivery once, if it is due; if it fails, come back later.

    It may be called from anywhere and any number of times: one caller gets it.
    """
    if delivery := Delivery.claim(delivery_id):
        _attempt(delivery)


def deliver_held(delivery_id: int) -> None:
    """Try a delivery once that was held back for the caller."""
    if delivery := Delivery.claim(delivery_id, is_held=True):
        _attempt(delivery)


def deliver_held_soon(delivery_id: int) -> None:
    """Try it in a moment, while the buyer is on the way back, as ``stripe listen`` does.

    A thread of this process waits; should it be killed before, the delivery comes up by itself.
    """
    timer = threading.Timer(MOMENT, _deliver_held_and_close, [delivery_id])
    timer.daemon = True
    timer.start()


def _deliver_held_and_close(delivery_id: int) -> None:
    try:
        deliver_held(delivery_id)
    finally:
        connection.close()


def signature_header(body: bytes, *, secrets: list[str], timestamp: int) -> str:
    """Return the ``Stripe-Signature`` of a body: one signature for each secret in use."""
    signed = f"{timestamp}.".encode() + body
    signatures = [hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={signature}" for signature in signatures)])


def _attempt(delivery: Delivery) -> None:
    body = json.dumps(event_object(delivery.event), indent=2).encode()
    status, error = _post(delivery.url, body)
    if delivery.record(response_status=status, error=error):
        return
    logger.warning("delivery %s of %s failed: %s", delivery.pk, delivery.event_id, error or status)
    if delivery.attempt <= len(RETRY_AFTER):
        seconds = RETRY_AFTER[delivery.attempt - 1]
        deliver.in_seconds(seconds, delivery.retry_in(seconds).pk)


def _post(url: str, body: bytes) -> tuple[int | None, str]:
    """Send the body; return the status, or why there is none."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        # Each attempt is signed anew, so that a late one does not look like a replayed one.
        "Stripe-Signature": signature_header(
            body, secrets=settings.STRIPE_WEBHOOK_SECRETS, timestamp=int(time.time())
        ),
        "User-Agent": "Stripe/1.0 (sandbox)",
    }
    with requests.Session() as http:
        # The environment's proxies and passwords are for the world, not for the shop next door.
        http.trust_env = False
        try:
            # The answer's body is of no interest, and might never end.
            with http.post(
                url,
                data=body,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                return response.status_code, ""
        except requests.RequestException as error:
            return None, type(error).__name__
