"""What a new checkout session may be asked to be.

The names of the parameters are checked before (``parameters``); here are the rules about their
values. Sources: Stripe, API, "Create a Checkout Session", and "Metadata".
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from checkout.sandbox import currencies, errors, methods
from checkout.sandbox.models import Switches

LIFETIME = timedelta(hours=24)
SHORTEST_LIFETIME = timedelta(minutes=30)
MAX_LINES = 100
MAX_QUANTITY = 999_999

# What has an effect here, or can be told back without one.
IMITATED = {
    "": {
        "allowed_payment_method_types",
        "cancel_url",
        "client_reference_id",
        "customer_email",
        "excluded_payment_method_types",
        "expires_at",
        "integration_identifier",
        "line_items",
        "locale",
        "metadata",
        "mode",
        "origin_context",
        "payment_intent_data",
        "submit_type",
        "success_url",
    },
    "line_items": {"metadata", "price_data", "quantity"},
    "price_data": {"currency", "product_data", "tax_behavior", "unit_amount"},
    "product_data": {"description", "images", "metadata", "name", "tax_code", "unit_label"},
    "payment_intent_data": {
        "capture_method",
        "description",
        "metadata",
        "receipt_email",
        "statement_descriptor_suffix",
    },
}
# What may be sent as long as it asks for nothing.
UNASKED: dict[str, list[Any]] = {
    "adaptive_pricing": [{"enabled": False}],
    "after_expiration": [{"recovery": {"enabled": False}}],
    "allow_promotion_codes": [False],
    "automatic_tax": [{"enabled": False}],
    "billing_address_collection": ["auto"],
    "customer_creation": ["if_required"],
    "invoice_creation": [{"enabled": False}],
    "phone_number_collection": [{"enabled": False}],
    "tax_id_collection": [{"enabled": False}],
    "ui_mode": ["hosted_page"],
    "capture_method": ["automatic", "automatic_async"],
    "tax_behavior": ["unspecified", "inclusive"],
    "mode": ["payment"],
}
LENGTHS = {
    "client_reference_id": 200,
    "customer_email": 512,
    "integration_identifier": 200,
    "success_url": 5000,
    "cancel_url": 5000,
    "name": 5000,
    "description": 40_000,
    "unit_label": 12,
    "statement_descriptor_suffix": 22,
}


def check_session(params: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a new session; raise ``ApiError`` if Stripe would refuse them."""
    if "mode" not in params:
        raise errors.missing_parameter("mode")
    if "customer" in params:
        raise errors.missing_resource("customer", params["customer"], param="customer", status=400)
    _check_known(params, kind="", path="")
    _check_return_urls(params)
    _check_email(params.get("customer_email", ""), "customer_email")
    check_metadata(params.get("metadata", {}), "metadata")
    _check_intent_data(params.get("payment_intent_data", {}))
    lines = _checked_lines(params.get("line_items", []))
    _check_methods(params, totals(lines)[1])
    return {**params, "line_items": lines, "expires_at": _expiry(params)}


def check_metadata(metadata: dict[str, str] | str, path: str) -> None:
    """Raise ``ApiError`` if Stripe would not store these keys and values."""
    if isinstance(metadata, str):
        return
    if len(metadata) > 50:
        raise errors.invalid_parameter("Metadata can have up to 50 keys.", path)
    for key, value in metadata.items():
        if len(key) > 40:
            raise errors.invalid_parameter(
                f"Metadata keys can have up to 40 characters; this one has {len(key)}.", path
            )
        if len(value) > 500:
            raise errors.invalid_parameter(
                "Metadata values can have up to 500 characters, but you passed in a value that "
                f"is {len(value)} characters.",
                f"{path}[{key}]",
            )


def totals(lines: list[dict[str, Any]]) -> tuple[int, str]:
    """Return what the lines cost together, in Stripe's units, and in which currency."""
    total = sum(line["price_data"]["unit_amount"] * line["quantity"] for line in lines)
    return total, lines[0]["price_data"]["currency"]


def _check_known(params: dict[str, Any], *, kind: str, path: str) -> None:
    for name, value in params.items():
        where = f"{path}[{name}]" if path else name
        if name in UNASKED and value not in UNASKED[name]:
            raise errors.not_imitated(f"{where}={value}" if isinstance(value, str) else where)
        if name not in UNASKED and name not in IMITATED[kind]:
            raise errors.not_imitated(where)
        if isinstance(value, str) and len(value) > LENGTHS.get(name, 5000):
            raise errors.invalid_parameter(
                f"Invalid string: {value[:20]}…; must be at most {LENGTHS.get(name, 5000)} "
                "characters",
                where,
            )


def _check_methods(params: dict[str, Any], currency: str) -> None:
    if not methods.offered(currency, params):
        raise errors.ApiError(
            "No payment methods are left for this Checkout Session: in "
            f"{currency.upper()} the sandbox takes {' and '.join(methods.offered(currency, {}))}.",
            param="allowed_payment_method_types",
        )


def _check_return_urls(params: dict[str, Any]) -> None:
    if "success_url" not in params:
        raise errors.missing_parameter("success_url")
    for name in ("success_url", "cancel_url"):
        if name in params and not _is_web_address(params[name]):
            raise errors.invalid_parameter("Not a valid URL", name, code="url_invalid")


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.netloc.isascii()
            and parts.port != 0
            and url.isprintable()
            and not any(character in parts.netloc for character in " ;,'\"\\")
            and " " not in url
        )
    except ValueError:
        return False


def _check_email(email: str, path: str) -> None:
    """Raise ``ApiError`` for what Stripe does not take, which Django partly does.

    Stripe wants plain letters and a domain with a dot: "Invalid email address: test@test"
    (Sylius/PayumStripePlugin#9, hackclub/hcb#12905, exercism/website#7154).
    """
    if not email:
        return
    try:
        validate_email(email)
    except ValidationError as error:
        raise errors.email_refused(email, path) from error
    domain = email.rpartition("@")[2]
    if not email.isascii() or not re.search(r"\.[a-z][a-z0-9-]*[a-z0-9]\Z", domain, re.IGNORECASE):
        raise errors.email_refused(email, path)


def _check_intent_data(data: dict[str, Any]) -> None:
    _check_known(data, kind="payment_intent_data", path="payment_intent_data")
    _check_email(data.get("receipt_email", ""), "payment_intent_data[receipt_email]")
    check_metadata(data.get("metadata", {}), "payment_intent_data[metadata]")


def _checked_lines(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not lines:
        raise errors.missing_parameter("line_items")
    if len(lines) > MAX_LINES:
        raise errors.invalid_parameter(
            f"A Checkout Session can have up to {MAX_LINES} line items.", "line_items"
        )
    checked = [_checked_line(line, f"line_items[{index}]") for index, line in enumerate(lines)]
    if len({line["price_data"]["currency"] for line in checked}) > 1:
        raise errors.invalid_parameter("All line items must be in one currency.", "line_items")
    total, currency = totals(checked)
    currencies.check_total(total, currency)
    return checked


def _checked_line(line: dict[str, Any], path: str) -> dict[str, Any]:
    if "price" in line:
        raise errors.missing_resource("price", line["price"], param=f"{path}[price]", status=400)
    _check_known(line, kind="line_items", path=path)
    for name in ("price_data", "quantity"):
        if name not in line:
            raise errors.missing_parameter(f"{path}[{name}]")
    if not 0 < line["quantity"] <= MAX_QUANTITY:
        raise errors.invalid_parameter(
            f"Invalid quantity: it must be from 1 to {MAX_QUANTITY}.", f"{path}[quantity]"
        )
    check_metadata(line.get("metadata", {}), f"{path}[metadata]")
    return {**line, "price_data": _checked_price(line["price_data"], f"{path}[price_data]")}


def _checked_price(price: dict[str, Any], path: str) -> dict[str, Any]:
    if "product" in price:
        raise errors.missing_resource(
            "product", price["product"], param=f"{path}[product]", status=400
        )
    _check_known(price, kind="price_data", path=path)
    for name in ("unit_amount", "product_data"):
        if name not in price:
            raise errors.missing_parameter(f"{path}[{name}]")
    currency = currencies.check_currency(price["currency"], f"{path}[currency]")
    currencies.check_amount(price["unit_amount"], currency, f"{path}[unit_amount]")
    product = price["product_data"]
    _check_known(product, kind="product_data", path=f"{path}[product_data]")
    check_metadata(product.get("metadata", {}), f"{path}[product_data][metadata]")
    if len(product.get("images", [])) > 8:
        raise errors.invalid_parameter(
            "A product can have up to 8 images.", f"{path}[product_data][images]"
        )
    return {**price, "currency": currency}


def _expiry(params: dict[str, Any]) -> int:
    """Return the second at which the session ends."""
    now = Switches.clock()
    if "expires_at" not in params:
        return int((now + LIFETIME).timestamp())
    earliest, latest = (int((now + span).timestamp()) for span in (SHORTEST_LIFETIME, LIFETIME))
    if params["expires_at"] < earliest:
        raise errors.invalid_parameter(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session "
            "creation.",
            "expires_at",
        )
    if params["expires_at"] > latest:
        raise errors.invalid_parameter(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            "expires_at",
        )
    return int(params["expires_at"])


def as_time(seconds: int) -> datetime:
    """Return a time that Stripe would send as whole seconds."""
    return datetime.fromtimestamp(seconds, tz=UTC)
