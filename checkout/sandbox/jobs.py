"""What the sandbox leaves to the worker: deliveries, and the end of sessions and keys."""

from django.db import transaction
from django.utils import timezone

from checkout.sandbox import sessions
from checkout.sandbox.deliveries import deliver
from checkout.sandbox.models import CheckoutSession, Delivery, IdempotentRequest, Switches
from project.jobs import periodic

__all__ = ["deliver", "deliver_due", "expire_overdue_sessions", "forget_old_keys"]

# Deliveries to an address that does not answer take ten seconds each; the rest is done next minute.
BATCH = 20


@periodic("* * * * *")
def deliver_due() -> None:
    """Deliver what is due and was not picked up, such as what a killed process left behind."""
    for pk in Delivery.objects.due(timezone.now()).values_list("pk", flat=True)[:BATCH]:
        deliver(pk)


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
