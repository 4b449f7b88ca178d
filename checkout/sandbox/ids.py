"""Identifiers that look like Stripe's: a prefix that names the kind, then letters and digits."""

import secrets
import string

ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, *, length: int = 24) -> str:
    """Return ``prefix`` and ``length`` random characters."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))


def session_id() -> str:
    """Return the id of a checkout session: 66 characters, as Stripe's have."""
    return new_id("cs_test_", length=58)


def intent_id() -> str:
    """Return the id of a payment intent."""
    return new_id("pi_")


def charge_id() -> str:
    """Return the id of a charge by card."""
    return new_id("ch_")


def debit_id() -> str:
    """Return the id of a charge by bank debit."""
    return new_id("py_")


def refund_id(method_type: str) -> str:
    """Return the id of a refund; those of other things than cards look different."""
    return new_id("re_" if method_type == "card" else "pyr_")


def dispute_id() -> str:
    """Return the id of a dispute or an inquiry."""
    return new_id("du_")


def warning_id() -> str:
    """Return the id of an early fraud warning."""
    return new_id("issfr_")


def balance_id() -> str:
    """Return the id of a balance transaction."""
    return new_id("txn_")


def event_id() -> str:
    """Return the id of an event."""
    return new_id("evt_")


def endpoint_id() -> str:
    """Return the id of a webhook endpoint."""
    return new_id("we_")


def webhook_secret() -> str:
    """Return a secret that signs webhooks."""
    return new_id("whsec_", length=32)


def request_id() -> str:
    """Return the id of one request to the API."""
    return new_id("req_", length=14)
