"""What checkout leaves to the worker: refunds, receipts, and asking gateways by the clock."""

import logging
from datetime import timedelta

from django.utils import timezone

from checkout.finding import mail_order_links
from checkout.mails import write_receipt
from checkout.merging import end_order
from checkout.models import Cart, WebhookEvent
from checkout.reconciliation import NIGHTLY, OFTEN, Report, reconcile
from checkout.reconciliation.steps import HOURLY
from checkout.refunds import send_refund
from project.clearing import BATCH, clear
from project.jobs import periodic

__all__ = [
    "empty_events",
    "end_order",
    "forget_carts",
    "mail_order_links",
    "reconcile_hourly",
    "reconcile_nightly",
    "reconcile_often",
    "send_refund",
    "write_receipt",
]

logger = logging.getLogger(__name__)

MOST = 100  # of each kind in one go: what is left comes in the next
DAYS_OF_CARTS = 60  # a visitor's session has forgotten its cart after 30
DAYS_OF_EVENTS = 90  # gateways tell again for a month, and disputes come within four


@periodic("*/10 * * * *")
def reconcile_often() -> None:
    """Settle what was paid, or has ended, while no webhook and no visitor told us."""
    _log(reconcile(OFTEN, commit=True, most=MOST))


@periodic("41 * * * *")
def reconcile_hourly() -> None:
    """Hear what the gateway could not tell us."""
    _log(reconcile(HOURLY, commit=True))


@periodic("23 2 * * *")
def reconcile_nightly() -> None:
    """Compare two days of the gateway's books with ours, and follow what takes long."""
    _log(reconcile(NIGHTLY, commit=True))


@periodic("31 3 * * *")
def forget_carts() -> None:
    """Delete carts that nobody can come back to."""
    clear(Cart.objects.forsaken(since=timezone.now() - timedelta(days=DAYS_OF_CARTS)))


@periodic("33 3 * * *")
def empty_events() -> None:
    """Forget what events said that were acted on long ago."""
    long_ago = timezone.now() - timedelta(days=DAYS_OF_EVENTS)
    full = WebhookEvent.objects.to_be_emptied(since=long_ago)
    while pks := list(full.values_list("pk", flat=True)[:BATCH]):
        WebhookEvent.objects.filter(pk__in=pks).empty()


def _log(report: Report) -> None:
    for look in report.looks:
        if look.found or look.failed:
            logger.info(
                "reconciliation: %s: %s looked at, %s found, %s failed",
                look.title,
                look.looked_at,
                len(look.found),
                len(look.failed),
            )
