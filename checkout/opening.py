"""From an order to a payment page: one session at the gateway, and the end of one."""

import logging
import time
from contextlib import suppress
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from checkout import alarms
from checkout.gateways import (
    EmailRefused,
    EndsAtWrongTime,
    NotFound,
    Refused,
    Started,
    Unavailable,
    gateway_for,
    gateway_named,
)
from checkout.models import InvalidTransition, Order, Payment, PaymentStatus
from checkout.models.payment import LIFETIME
from checkout.settlement import end_payment, sync_payment

logger = logging.getLogger(__name__)

TRIES = 3
# How much of its time a session must have left to be worth sending somebody to.
WORTH_OPENING = timedelta(minutes=5)
# A gateway takes no session that ends in less than half an hour, by its own clock.
WORTH_CREATING = timedelta(minutes=35)
# If its clock does not agree, an attempt of some age is made anew: that one ends later.
WORTH_RENEWING = LIFETIME - timedelta(minutes=1)
# Seconds that another request has to finish the same work, and between two looks at it.
PATIENCE, GLANCE = 4.0, 0.2


def open_payment(order: Order, *, insists_on_email: bool = False) -> Payment:
    """Return the order's payment, with a session at the gateway that waits for the customer.

    Safe to repeat: an unknown outcome is asked for again with the same key and request, and a
    session that is open already is looked at before somebody is sent there. Of an order that no
    longer waits for money, the latest payment is returned. Raise ``GatewayError``; after
    ``Refused`` the attempt is abandoned, and the next one is a new one.

    If the gateway does not take the customer's address, it is left to ask for one itself, unless
    the caller ``insists_on_email``, and can ask for another: then raise ``EmailRefused``.
    """
    tells_email = True
    for _ in range(TRIES):
        order.refresh_from_db()
        if not order.is_payable:
            break
        payment = _attempt_for(order, tells_email=tells_email)
        if payment is None:
            continue
        if payment.status == PaymentStatus.CREATING:
            try:
                if _create_session(payment):
                    break
            except EmailRefused:
                if insists_on_email or not tells_email:
                    raise
                tells_email = False
        elif payment.status != PaymentStatus.OPEN or _is_worth_opening(payment):
            break
    order.refresh_from_db()
    payment = order.payments.latest("attempt")
    payment.order = order
    return payment


def finish_opening(payment: Payment) -> None:
    """Find out whether a payment has a session: ask for it again, with the same key and request.

    Given up, if nobody would be sent there any more: a session whose address nobody has cannot be
    paid. Raise ``GatewayError``.
    """
    payment.refresh_from_db()
    if payment.status != PaymentStatus.CREATING:
        return
    if payment.order.is_payable:
        _create_session(payment)
    else:
        _abandon(payment, "Its order was not waiting for it any more.")


def take_back(order: Order) -> None:
    """End an order that another one is to replace, unless its money is on the way.

    Afterwards it is canceled, expired, paid or processing. Raise ``GatewayError`` if its session
    could not be ended.
    """
    payment = order.payments.live().first()
    if payment and payment.status == PaymentStatus.CREATING:
        # Whether a session exists is not known: ask for it again, so that it can be ended.
        with suppress(EmailRefused):  # then there is none, and there will be none
            _create_session(payment)
    if payment:
        _end(payment)
    order.refresh_from_db()
    if order.is_payable and order.payments.live().exists():
        raise Unavailable(f"The session of {order} could not be ended.")
    if order.is_payable:
        try:
            order.cancel()
        except InvalidTransition:
            order.refresh_from_db()  # its money came at the last moment


def _attempt_for(order: Order, *, tells_email: bool) -> Payment | None:
    """Return the order's live payment, or a new attempt; ``None`` if another request was faster."""
    live = order.payments.live().select_related("order").first()
    if live:
        return live
    try:
        with transaction.atomic():
            gateway = gateway_for(order.total_minor)
            return Payment.objects.attempt(order, gateway, tells_email=tells_email)
    except IntegrityError:
        return None


def _is_worth_opening(payment: Payment) -> bool:
    """Look at an open session; if it is of no use, end it. Return whether it can be paid."""
    gateway = gateway_named(payment.gateway)
    if payment.livemode != gateway.livemode or _time_left(payment) < WORTH_OPENING:
        _end(payment)
        return False
    try:
        sync_payment(payment)
    except NotFound:
        # The shop's keys were changed: the session belongs to an account that is not ours now.
        payment.expire()
    payment.refresh_from_db()
    return payment.status == PaymentStatus.OPEN


def _end(payment: Payment) -> None:
    """End a payment's session, or settle it if the customer was faster."""
    payment.refresh_from_db()
    if payment.status != PaymentStatus.OPEN:
        return
    try:
        if payment.livemode != gateway_named(payment.gateway).livemode:
            raise NotFound("The session is of the other mode than our keys.")
        end_payment(payment)
    except NotFound:
        payment.expire()


def _create_session(payment: Payment) -> bool:
    """Open the session of a new attempt. Return whether that is settled, one way or the other."""
    gateway = gateway_named(payment.gateway)
    if payment.livemode != gateway.livemode or _time_left(payment) < WORTH_CREATING:
        _abandon(payment, "It was too old to be asked for again.")
        return False
    try:
        started = _ask(payment)
    except EmailRefused as error:
        # The customer can mend that, or go without; nothing is wrong that staff could look at.
        logger.info("payment %s refused by %s: %s", payment.pk, payment.gateway, error)
        _abandon(payment, str(error))
        raise
    except (Refused, NotFound) as error:
        logger.error("payment %s refused by %s: %s", payment.pk, payment.gateway, error)
        _abandon(payment, str(error))
        if isinstance(error, EndsAtWrongTime) and _time_left(payment) < WORTH_RENEWING:
            return False
        alarms.tell_of_refused_payment(payment, str(error))
        raise Refused(str(error)) from error
    if started:
        payment.open(session_id=started.session_id, url=started.url, expires_at=started.expires_at)
    if started and started.is_finished:
        sync_payment(payment)
    return True


def _ask(payment: Payment) -> Started | None:
    """Ask for a session; if the gateway is busy, once more after a pause, with the same key.

    ``None`` if another request has done it meanwhile.
    """
    gateway = gateway_named(payment.gateway)
    try:
        return gateway.create(payment)
    except Unavailable:
        return None if _another_request_opens(payment) else gateway.create(payment)


def _abandon(payment: Payment, why: str) -> None:
    try:
        payment.abandon(why)
    except InvalidTransition:
        payment.refresh_from_db()  # another request has opened it meanwhile


def _another_request_opens(payment: Payment) -> bool:
    """Wait for a request that does the same at this moment. Return whether it did."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        time.sleep(GLANCE)
        payment.refresh_from_db()
        if payment.status != PaymentStatus.CREATING:
            return True
    return False


def _time_left(payment: Payment) -> timedelta:
    return payment.expires_at - timezone.now()
