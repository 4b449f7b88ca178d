"""Sessions and their lines, in Stripe's shape (API version 2026-10-28.endive)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse

from checkout.sandbox import listing
from checkout.sandbox.expansion import Expandable, Json
from checkout.sandbox.models import CheckoutSession, SessionStatus
from checkout.sandbox.objects.debit import DEBIT_OPTIONS
from checkout.sandbox.objects.payment import intent_object

_OPTIONS: dict[str, Json] = {"card": {"request_three_d_secure": "automatic"}, **DEBIT_OPTIONS}


def session_object(session: CheckoutSession) -> Json:
    """Return the session. Fields that Stripe leaves out unless they are used are left out."""
    asked = session.parameters
    return {
        "id": session.id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": asked.get("allow_promotion_codes"),
        "amount_subtotal": session.amount_total,
        "amount_total": session.amount_total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": asked.get("billing_address_collection"),
        "branding_settings": _branding(),
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": int(session.created_at.timestamp()),
        "currency": session.currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ["after_submit", "shipping_address", "submit", "terms_of_service_acceptance"]
        ),
        "customer": Expandable(),
        "customer_account": None,
        "customer_creation": "if_required",
        "customer_details": _customer_details(session),
        "customer_email": asked.get("customer_email"),
        "discounts": [],
        "expires_at": int(session.expires_at.timestamp()),
        "integration_identifier": asked.get("integration_identifier"),
        "invoice": Expandable(),
        "invoice_creation": _no_invoice(),
        "line_items": Expandable(load=partial(line_list, session), is_hidden=True),
        "livemode": False,
        "locale": asked.get("locale"),
        "managed_payments": {"enabled": False},
        "metadata": session.metadata,
        "mode": asked["mode"],
        "origin_context": asked.get("origin_context"),
        "payment_intent": Expandable(id=session.payment_intent_id, load=partial(_intent, session)),
        "payment_link": Expandable(),
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {
            name: option for name, option in _OPTIONS.items() if name in session.method_types
        },
        "payment_method_types": session.method_types,
        "payment_status": session.payment_status,
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": Expandable(),
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": session.status,
        "submit_type": asked.get("submit_type"),
        "subscription": Expandable(),
        "success_url": asked["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": pay_url(session) if session.is_open else None,
        "wallet_options": None,
    } | _filters(asked)


def line_list(session: CheckoutSession, params: Mapping[str, Any] | None = None) -> Json:
    """Return a page of the session's lines: the first ten, unless ``params`` say otherwise."""
    return listing.page_of_items(
        [_line_object(line, session) for line in session.lines],
        params or {},
        url=f"/v1/checkout/sessions/{session.id}/line_items",
    )


def pay_url(session: CheckoutSession) -> str:
    """Return the address of the session's pay page."""
    path = reverse("sandbox:pay", args=[session.id])
    return f"{settings.SITE_URL}{path}"


def _filters(asked: Json) -> Json:
    names = ("allowed_payment_method_types", "excluded_payment_method_types")
    return {name: asked[name] for name in names if name in asked}


def _intent(session: CheckoutSession) -> Json | None:
    return intent_object(session.payment_intent) if session.payment_intent else None


def _customer_details(session: CheckoutSession) -> Json | None:
    """Return what is known of the buyer: what was typed, or, before that, the address given."""
    email = session.buyer_email or session.given_email
    if not email:
        return None
    has_paid = session.status == SessionStatus.COMPLETE
    return {
        "address": dict.fromkeys(["city", "country", "line1", "line2", "postal_code", "state"])
        if has_paid
        else None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": session.buyer_name or None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [] if has_paid else None,
    }


def _line_object(line: Json, session: CheckoutSession) -> Json:
    price_data, quantity = line["price_data"], line["quantity"]
    amount = price_data["unit_amount"] * quantity
    created = int(session.created_at.timestamp())
    return {
        "id": line["id"],
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": session.currency,
        "description": price_data["product_data"]["name"],
        "metadata": _without_empty(line.get("metadata", {})),
        "price": _price_object(line, created),
        "quantity": quantity,
    }


def _price_object(line: Json, created: int) -> Json:
    price_data = line["price_data"]
    return {
        "id": line["price_id"],
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": created,
        "currency": price_data["currency"],
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": Expandable(id=line["product_id"], load=partial(_product_object, line, created)),
        "recurring": None,
        "tax_behavior": price_data.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": price_data["unit_amount"],
        "unit_amount_decimal": str(price_data["unit_amount"]),
    }


def _product_object(line: Json, created: int) -> Json:
    product = line["price_data"]["product_data"]
    return {
        "id": line["product_id"],
        "object": "product",
        "active": False,
        "created": created,
        "default_price": None,
        "description": product.get("description"),
        "images": product.get("images", []),
        "livemode": False,
        "marketing_features": [],
        "metadata": _without_empty(product.get("metadata", {})),
        "name": product["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": product.get("tax_code"),
        "type": "service",
        "unit_label": product.get("unit_label"),
        "updated": created,
        "url": None,
    }


def _without_empty(metadata: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in metadata.items() if value}


def _branding() -> Json:
    return {
        "background_color": "#ffffff",
        "border_style": "rounded",
        "button_color": "#0074d4",
        "display_name": settings.SHOP_NAME,
        "font_family": "default",
        "icon": None,
        "logo": None,
    }


def _no_invoice() -> Json:
    return {
        "enabled": False,
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": None,
            "metadata": {},
            "rendering_options": None,
        },
    }
