"""What gateways tell us. An event is kept, and then the gateway is asked what is true.

Garbage gets a 4xx, and nothing of it is written. What is signed is kept before it is acted on, so
that neither a crash nor an outage loses it; the gateway's own retries act on it again.
"""

import logging

from django.conf import settings
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from checkout.forgeries import note_forgery
from checkout.gateways import Forged, Gateway, Malformed, gateway_named
from checkout.inbox import act_on, keep

logger = logging.getLogger(__name__)

MAX_BODY = 512 * 1024  # bytes; real events have three to ten thousand


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Take an event from Stripe."""
    if not settings.STRIPE_WEBHOOK_SECRETS:
        # With an empty secret anyone could sign.
        return HttpResponse(status=404)
    if _is_too_large(request):
        return HttpResponse(status=413)
    return _receive(request, gateway_named("stripe"))


def _is_too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    is_number = length.isascii() and length.isdigit() and len(length) < 12
    # A body that came in chunks has no length beforehand.
    return not is_number or int(length) > MAX_BODY or len(request.body) > MAX_BODY


def _receive(request: HttpRequest, gateway: Gateway) -> HttpResponse:
    try:
        notice = gateway.parse_webhook(request.headers, request.body)
        event = keep(gateway, notice)
    except Forged:
        return _refuse_forged()
    except (Malformed, DataError, UnicodeError):
        # Signed, but not what an event can be: PostgreSQL keeps no NUL, for example.
        logger.warning("signed webhook that is no event refused")
        return HttpResponse("This is not an event.", status=400)
    except OperationalError:
        logger.exception("webhook could not be kept")
        return HttpResponse(status=503)
    if event is None:
        return HttpResponse()  # it has come before
    act_on(event, notice)
    return HttpResponse(status=500 if event.is_open else 200)


def _refuse_forged() -> HttpResponse:
    """Refuse what the gateway did not sign. Nothing of it is kept; that it came is counted."""
    logger.warning("webhook with a bad signature refused")
    if note_forgery():
        return HttpResponse("Too many bad signatures.", status=429)
    return HttpResponse("The signature does not match.", status=400)
