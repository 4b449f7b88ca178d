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

from checkout import mails
from checkout.gateways import (
    Forged,
    Gateway,
    GatewayError,
    Malformed,
    Notice,
    gateway_named,
)
from checkout.models import Payment, WebhookEvent
from checkout.settlement import WrongSession, sync_payment

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
        event = _keep(gateway, notice)
    except Forged:
        logger.warning("webhook with a bad signature refused")
        return HttpResponse("The signature does not match.", status=400)
    except (Malformed, DataError, UnicodeError):
        # Signed, but not what an event can be: PostgreSQL keeps no NUL, for example.
        logger.warning("signed webhook that is no event refused")
        return HttpResponse("This is not an event.", status=400)
    except OperationalError:
        logger.exception("webhook could not be kept")
        return HttpResponse(status=503)
    if event.wants_action:
        _act_on(event, notice)
    return HttpResponse(status=500 if event.is_open else 200)


def _keep(gateway: Gateway, notice: Notice) -> WebhookEvent:
    return WebhookEvent.objects.receive(
        gateway=gateway.name,
        livemode=notice.livemode,
        event_id=notice.event_id,
        type=notice.type,
        api_version=notice.api_version,
        object_id=notice.object_id,
        payload=notice.payload,
        event_created_at=notice.created_at,
    )


def _act_on(event: WebhookEvent, notice: Notice) -> None:
    """Settle what the event hints at, and note what became of it."""
    if not notice.is_ours:
        logger.error("event %s is of another mode or account", event.event_id)
        return event.ignore("Of another mode or account.")
    if not notice.is_about_payment:
        return event.ignore("Nothing follows from this type.")
    try:
        payment = _payment_of(event, notice)
        if payment is None:
            logger.warning("event %s is about a session that is not ours", event.event_id)
            return event.ignore("No payment of this shop belongs to it.")
        if payment.session_id != notice.session_id:
            raise WrongSession("The payment has another session than the event's.")
        sync_payment(payment)
    except (GatewayError, WrongSession, OperationalError) as error:
        logger.warning("event %s is to be delivered again: %s", event.event_id, error)
        _fail(event, str(error))
    except Exception as error:
        # A defect of ours must not lose an event: it stays in the inbox, and comes again.
        logger.exception("event %s failed", event.event_id)
        _fail(event, repr(error))
    else:
        event.finish()


def _fail(event: WebhookEvent, why: str) -> None:
    event.fail(why)
    if event.is_dead:
        mails.tell_staff_of_dead_event(event)


def _payment_of(event: WebhookEvent, notice: Notice) -> Payment | None:
    """Find the payment by its session, or by our own key where the session was not saved yet."""
    ours = Payment.objects.filter(gateway=event.gateway, livemode=event.livemode)
    payment = ours.filter(session_id=notice.session_id).first()
    if payment is None and notice.payment_key:
        payment = ours.filter(idempotency_key=notice.payment_key).first()
        if payment and notice.session_id:
            payment.adopt_session(notice.session_id)
    event.payment = payment
    return payment
