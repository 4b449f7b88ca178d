"""What Stripe is asked for: the parameters of a session and of a refund. Nothing is sent here."""

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from checkout.gateways.stripe_money import to_stripe

if TYPE_CHECKING:
    from checkout.models import Order, OrderLine, Payment


def session_request(
    order: "Order", *, key: str, expires_at: datetime, tells_email: bool
) -> dict[str, Any]:
    """Return the parameters of a Checkout Session for ``order``.

    Which ways of paying there are, the owner chooses in Stripe's dashboard; the shop bears those
    that take days as well as those that are there at once.
    """
    ids = {"order": order.reference, "payment": key, "site": settings.SITE_URL}
    page = settings.SITE_URL + order.get_absolute_url()
    canceled = urlencode({"canceled": order.reference})
    # Stripe refuses addresses that are not plain letters; there it is only filled in for people.
    is_told = tells_email and order.email.isascii()
    prefilled = {"customer_email": order.email} if is_told else {}
    return {
        "mode": "payment",
        "locale": order.language or "auto",
        "line_items": _line_items(order),
        "client_reference_id": order.reference,
        **prefilled,
        "metadata": ids,
        # Refunds and disputes carry the intent's metadata, never the session's.
        "payment_intent_data": {"metadata": ids},
        "expires_at": int(expires_at.timestamp()),
        # One currency, one amount: otherwise the sum received cannot be compared.
        "adaptive_pricing": {"enabled": False},
        "submit_type": "pay",
        "success_url": page,
        "cancel_url": f"{settings.SITE_URL}{reverse('checkout:cart')}?{canceled}",
    }


def refund_request(
    payment: "Payment", *, amount_minor: int, key: str, is_duplicate: bool
) -> dict[str, Any]:
    """Return the parameters of a refund. ``key`` finds it again, should the answer get lost."""
    return {
        "payment_intent": payment.intent_id,
        "amount": to_stripe(amount_minor, payment.received_currency),
        "reason": "duplicate" if is_duplicate else "requested_by_customer",
        "metadata": {"refund": key, "payment": payment.idempotency_key, "site": settings.SITE_URL},
    }


def _line_items(order: "Order") -> list[dict[str, Any]]:
    """Return one item for each course and price, with its seats as the quantity.

    Its metadata say what it was, so that an order can be written anew that a backup has lost.
    """

    def kind(line: "OrderLine") -> tuple[int, int, str, int]:
        return line.course_id, line.bundle_id or 0, line.title, line.price_minor

    lines = sorted(order.lines.all(), key=lambda line: (*kind(line), line.seat))
    return [_line_item(list(seats), order.currency) for _kind, seats in groupby(lines, kind)]


def _line_item(seats: list["OrderLine"], currency: str) -> dict[str, Any]:
    first = seats[0]
    product = {"name": first.title}
    metadata = {
        "course": str(first.course_id),
        "for_buyer": "yes" if first.is_for_buyer else "no",
    }
    if first.bundle_title:
        product["description"] = _("Part of “%(bundle)s”") % {"bundle": first.bundle_title}
        metadata["bundle_title"] = first.bundle_title
    if first.bundle_id:
        metadata["bundle"] = str(first.bundle_id)
    return {
        "quantity": len(seats),
        "price_data": {
            "currency": currency,
            "unit_amount": to_stripe(first.price_minor, currency),
            "product_data": product,
        },
        "metadata": metadata,
    }
