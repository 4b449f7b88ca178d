"""What becomes of an event: which payment it is about, and which of the gateway's books are read.

An event is a hint. Whatever it says, the gateway is asked what is true, and that is settled; so an
event may come twice, late, or before another one that it follows.
"""

import logging

from django.db import DatabaseError

from checkout import alarms
from checkout.disputes import sync_disputes
from checkout.gateways import Gateway, GatewayError, Malformed, Notice, Topic, gateway_named
from checkout.models import Payment, WebhookEvent
from checkout.models.payment import PaymentQuerySet
from checkout.refunds import sync_refunds
from checkout.settlement import WrongSession, sync_payment
from project.prepared import Given, Prepared

logger = logging.getLogger(__name__)


def keep(gateway: Gateway, notice: Notice) -> WebhookEvent | None:
    """Write an event down before it is acted on; of one that is known, count the delivery.

    Return nothing if it was acted on, or was none of our business.
    """
    return WebhookEvent.objects.receive(gateway.name, notice)


def act_again(event: WebhookEvent) -> None:
    """Act on an event that is in the inbox and was not finished."""
    try:
        notice = gateway_named(event.gateway).read_event(event.payload)
    except Malformed as error:
        return event.ignore(str(error))
    act_on(event, notice)


def act_on(event: WebhookEvent, notice: Notice) -> None:
    """Settle what the event hints at, and note what became of it. Raises nothing."""
    if not notice.is_ours:
        return _turn_away(event, notice)
    if not notice.is_of_our_version:
        alarms.tell_of_other_version(event)
    if notice.topic == Topic.NOTHING:
        return event.ignore("Nothing follows from this type.")
    try:
        payment = _payment_of(event, notice)
        if payment is None:
            logger.warning("event %s is about nothing of ours", event.event_id)
            return event.ignore("No payment of this shop belongs to it.")
        _look_at(payment, notice)
    except (GatewayError, WrongSession, DatabaseError) as error:
        logger.warning("event %s is to be delivered again: %s", event.event_id, error)
        _fail(event, str(error))
    except Exception as error:
        # A defect of ours must not lose an event: it stays in the inbox, and comes again.
        logger.exception("event %s failed", event.event_id)
        _fail(event, repr(error))
    else:
        event.finish()


def _turn_away(event: WebhookEvent, notice: Notice) -> None:
    """Keep an event that is not for this shop, and touch nothing.

    That of another mode is for staff to mend: their keys and their endpoint do not belong together.
    """
    logger.error("event %s is of another mode or account", event.event_id)
    if notice.livemode != gateway_named(event.gateway).livemode:
        alarms.tell_of_other_mode(event)
    event.ignore("Of another mode or account.")


def _look_at(payment: Payment, notice: Notice) -> None:
    if notice.topic == Topic.SESSION:
        if payment.session_id != notice.session_id:
            raise WrongSession("The payment has another session than the event's.")
        sync_payment(payment)
        return
    if not payment.is_paid:
        # Its own event is late, or lost: the money comes before all that follows it.
        sync_payment(payment)
        payment.refresh_from_db()
    if notice.topic == Topic.REFUND:
        sync_refunds(payment)
    elif notice.topic == Topic.DISPUTE:
        sync_disputes(payment)
    else:
        alarms.tell_of_fraud_warning(payment, notice.object_id)


def _fail(event: WebhookEvent, why: str) -> None:
    event.fail(why)
    if event.is_dead:
        alarms.tell_of_dead_event(event)


def _payment_of(event: WebhookEvent, notice: Notice) -> Payment | None:
    """Find the payment of an event. It is kept with the event, for staff to see."""
    is_of_session = notice.topic == Topic.SESSION
    find = _payment_of_session if is_of_session else _payment_of_intent
    event.payment = find(event, notice)
    return event.payment


def _ours(event: WebhookEvent) -> PaymentQuerySet:
    """Return the payments that an event of this gateway can be about."""
    return Payment.objects.filter(gateway=event.gateway, livemode=event.livemode)


_by_session = Prepared(
    lambda: Payment.objects.filter(
        gateway=Given("gateway"), livemode=Given("livemode"), session_id=Given("session")
    ).defer("request")
)


def _payment_of_session(event: WebhookEvent, notice: Notice) -> Payment | None:
    """Find it by its session, or by our own key where the session was not saved yet."""
    payment = _by_session.first(
        gateway=event.gateway, livemode=event.livemode, session=notice.session_id
    )
    if payment is None and notice.payment_key:
        payment = _ours(event).filter(idempotency_key=notice.payment_key).first()
        if payment and notice.session_id:
            payment.adopt_session(notice.session_id)
    return payment


def _payment_of_intent(event: WebhookEvent, notice: Notice) -> Payment | None:
    """Find it by its intent, or by our key: on the object, or on the session of the intent."""
    if not notice.intent_id:
        return None
    ours = _ours(event)
    payment = ours.filter(intent_id=notice.intent_id).select_related("order").first()
    if payment:
        return payment
    key = notice.payment_key or gateway_named(event.gateway).key_of_intent(notice.intent_id)
    payment = ours.filter(idempotency_key=key).first() if key else None
    if payment:
        payment.adopt_intent(notice.intent_id)
    return payment
