"""Sessions at the gateway as Stripe has them, made of their own names; and events, really signed.

A session of the bench is named for its payment's key and its total, so that whoever knows the name
can answer for the gateway.
"""

import hashlib
import hmac
import json
import time
from typing import Any

CURRENCY = "usd"


def session_name(key: str, total_minor: int) -> str:
    """Return the id of the session for a payment, by its key and its total in minor units."""
    return f"cs_test_bench_{key.replace(':', '_')}_{total_minor}"


def paid_session(session_id: str) -> dict[str, Any]:
    """Return the session, paid by card, with intent and charge expanded."""
    *_, reference, attempt, total = session_id.split("_")
    key, amount = f"{reference}:{attempt}", int(total)
    ids = {"order": reference, "payment": key}
    charge = {
        "id": f"ch_bench_{reference}",
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "billing_details": {"email": "buyer@example.com", "name": "Ada Lovelace"},
        "captured": True,
        "currency": CURRENCY,
        "livemode": False,
        "metadata": ids,
        "outcome": {"network_status": "approved_by_network", "type": "authorized"},
        "paid": True,
        "payment_intent": f"pi_bench_{reference}",
        "payment_method_details": {
            "card": {"brand": "visa", "country": "US", "exp_month": 12, "last4": "4242"},
            "type": "card",
        },
        "status": "succeeded",
    }
    intent = {
        "id": f"pi_bench_{reference}",
        "object": "payment_intent",
        "amount": amount,
        "amount_received": amount,
        "currency": CURRENCY,
        "latest_charge": charge,
        "livemode": False,
        "metadata": ids,
        "payment_method_types": ["card"],
        "status": "succeeded",
    }
    return {
        "id": session_id,
        "object": "checkout.session",
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "status": None},
        "cancel_url": "http://localhost/cart/",
        "client_reference_id": reference,
        "created": int(time.time()),
        "currency": CURRENCY,
        "customer_details": {"email": "buyer@example.com", "name": "Ada Lovelace", "phone": None},
        "expires_at": int(time.time()) + 40_000,
        "livemode": False,
        "locale": "auto",
        "metadata": ids,
        "mode": "payment",
        "payment_intent": intent,
        "payment_method_types": ["card"],
        "payment_status": "paid",
        "status": "complete",
        "success_url": f"http://localhost/orders/{reference}/",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "url": None,
    }


def completed_event(session_id: str, *, number: str) -> bytes:
    """Return the body of the event that tells that the session was paid."""
    session = paid_session(session_id)
    session["payment_intent"] = session["payment_intent"]["id"]  # events expand nothing
    event = {
        "id": f"evt_bench_{number}",
        "object": "event",
        "api_version": "",
        "created": int(time.time()),
        "data": {"object": session},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "checkout.session.completed",
    }
    return json.dumps(event, indent=2).encode()


def signature(body: bytes, secret: str) -> str:
    """Return Stripe's signature of a body, which is good for five minutes.

    Source: Stripe, "Verify webhook signatures manually".
    """
    now = int(time.time())
    signed = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={signed}"
