"""What checkout leaves to the worker: asking about payments, and closing what nobody pays."""

import logging
from datetime import timedelta

from django.db import OperationalError
from django.utils import timezone

from checkout.gateways import GatewayError, NotFound
from checkout.models import InvalidTransition, Order, Payment
from checkout.settlement import WrongSession, sync_payment
from project.jobs import periodic

logger = logging.getLogger(__name__)

UNHEARD = timedelta(hours=1)  # of a session that is open and of which nothing was heard
BATCH = 100


@periodic("*/10 * * * *")
def look_after_open_payments() -> None:
    """Settle what was paid, or has ended, while no webhook and no visitor told us.

    Each session is asked about at most once an hour, so that a shop whose webhooks never arrive
    still opens what was paid for.
    """
    for payment in Payment.objects.unheard_of(since=timezone.now() - UNHEARD)[:BATCH]:
        if not payment.is_due_for_check(every=UNHEARD, head_start=False):
            continue
        try:
            _look_after(payment)
        except (GatewayError, WrongSession, InvalidTransition, OperationalError) as error:
            logger.warning("payment %s could not be looked after: %s", payment.pk, error)


def _look_after(payment: Payment) -> None:
    try:
        sync_payment(payment)
    except NotFound:
        payment.expire()  # it is of an account whose keys are not ours any more


@periodic("*/10 * * * *")
def close_overdue_orders() -> None:
    """Close orders whose time is over and that nothing at a gateway can pay any more."""
    for order in Order.objects.overdue(timezone.now())[:BATCH]:
        try:
            order.expire()
        except InvalidTransition:
            logger.info("order %s was paid at the last moment", order.pk)
