"""What the sandbox leaves to the worker: deliveries, banks, and the end of sessions and keys."""

from django.db import transaction
from django.utils import timezone

from checkout.sandbox import sessions
from checkout.sandbox.debits import conclude
from checkout.sandbox.deliveries import deliver
from checkout.sandbox.disputes import decide
from checkout.sandbox.models import (
    Charge,
    CheckoutSession,
    Delivery,
    IdempotentRequest,
    Switches,
)
from checkout.sandbox.refunds import conclude as conclude_refund
from project.jobs import periodic

__all__ = [
    "conclude",
    "conclude_due_debits",
    "conclude_refund",
    "decide",
    "deliver",
    "deliver_due",
    "expire_overdue_sessions",
    "forget_old_keys",
]

# Deliveries to an address that does not answer take ten seconds each; the rest is done next minute.
BATCH = 20


@periodic("* * * * *")
def deliver_due() -> None:
    """Deliver what is due and was not picked up, such as what a killed process left behind."""
    for pk in Delivery.objects.due(timezone.now()).values_list("pk", flat=True)[:BATCH]:
        deliver(pk)


@periodic("* * * * *")
def conclude_due_debits() -> None:
    """Give the banks' answers that are due and that a killed process did not give."""
    for pk in Charge.objects.due(timezone.now()).values_list("pk", flat=True):
        conclude(pk)


@periodic("* * * * *")
def expire_overdue_sessions() -> None:
    """Expire the sessions whose time is over."""
    overdue = CheckoutSession.objects.overdue(Switches.clock()).values_list("pk", flat=True)
    for pk in overdue.iterator():
        with transaction.atomic():
            sessions.lock(pk)


@periodic("23 * * * *")
def forget_old_keys() -> None:
    """Free the idempotency keys of yesterday."""
    IdempotentRequest.objects.forgotten().delete()
