"""Asking gateways ourselves: what nobody told us is found and settled all the same.

A shop whose webhooks never arrive still opens what was paid for. Every step is safe to repeat, and
to run beside webhooks, pages and other workers: each does what they do, through the same doors.
"""

from checkout.reconciliation.check import check_payment
from checkout.reconciliation.run import Look, Report, reconcile
from checkout.reconciliation.steps import NIGHTLY, OFTEN, STEPS, Step

__all__ = ["NIGHTLY", "OFTEN", "STEPS", "Look", "Report", "Step", "check_payment", "reconcile"]
