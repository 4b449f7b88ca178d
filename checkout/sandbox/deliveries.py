"""Webhooks: signed, sent, and sent again until the shop has answered with success.

Source of the signature scheme: Stripe, "Verify webhook signatures manually". What can be made to
go wrong is switched in ``webhooks``; here it is done.
"""

import hashlib
import hmac
import json
import logging
import threading
import time
from dataclasses import dataclass

import requests
from django.db import connection

from checkout.sandbox.models import Delivery, Signature, Switches
from checkout.sandbox.objects.event import API_VERSION, event_object
from project.jobs import job

logger = logging.getLogger(__name__)

# Seconds: long enough to see the shop wait, short enough to wait for.
MOMENT = 2.5

# Seconds to wait after each failed attempt; Stripe takes days where we take minutes.
RETRY_AFTER = (5, 30, 120, 600)
# Seconds to connect and to be answered: ten in all, which is how long a buyer may wait.
TIMEOUT = (2, 8)
# Characters of an answer that the log keeps, enough for a sentence on why it was refused.
KEPT_RESPONSE = 300


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an address said, or the error why it said nothing."""

    status: int | None = None
    body: str = ""
    error: str = ""


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


def sealed(delivery: Delivery) -> tuple[bytes, dict[str, str]]:
    """Return what is sent, signed now: the body and its headers."""
    switches = Switches.current()
    body = _body(delivery, switches)
    return body, _headers(body, delivery.endpoint.secrets, switches)


def _attempt(delivery: Delivery) -> None:
    body, headers = sealed(delivery)
    began = time.monotonic()
    answer = _post(delivery.url, body, headers)
    if delivery.record(
        response_status=answer.status,
        response=answer.body,
        duration=round(time.monotonic() - began, 3),
        error=answer.error,
    ):
        return
    what = answer.error or answer.status
    logger.warning("delivery %s of %s failed: %s", delivery.pk, delivery.event_id, what)
    if delivery.attempt <= len(RETRY_AFTER):
        seconds = RETRY_AFTER[delivery.attempt - 1]
        deliver.in_seconds(seconds, delivery.retry_in(seconds).pk)


def _body(delivery: Delivery, switches: Switches) -> bytes:
    event = event_object(delivery.event)
    event["api_version"] = switches.api_version or delivery.endpoint.api_version or API_VERSION
    event["livemode"] = switches.is_livemode_wrong
    if switches.account:
        event["account"] = switches.account
    return json.dumps(event, indent=2).encode()


def _headers(body: bytes, secrets: list[str], switches: Switches) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (sandbox)",
    }
    if switches.signature == Signature.MISSING:
        return headers
    # Each attempt is signed anew, so that a late one does not look like a replayed one.
    timestamp = int(time.time()) + switches.clock_shift + switches.timestamp_shift
    signed = body + b" " if switches.signature == Signature.CORRUPT else body
    headers["Stripe-Signature"] = signature_header(signed, secrets=secrets, timestamp=timestamp)
    return headers


def _post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send the body; return the answer, or why there is none."""
    with requests.Session() as http:
        # The environment's proxies and passwords are for the world, not for the shop next door.
        http.trust_env = False
        try:
            # Of the answer's body only the beginning is of interest: it might never end.
            with http.post(
                url,
                data=body,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(status=response.status_code, body=_beginning(response))
        except (requests.RequestException, ValueError) as error:
            return Answer(error=type(error).__name__)


def _beginning(response: requests.Response) -> str:
    """Return how the body begins, if there is one that ends."""
    if response.headers.get("Content-Length", "0") == "0":
        return ""
    try:
        return str(response.raw.read1(KEPT_RESPONSE).decode(errors="replace"))
    except Exception:  # noqa: BLE001  the status has come, which is what decides
        return ""
