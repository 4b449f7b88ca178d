"""The shapes in which the sandbox tells of what it remembers."""

from checkout.sandbox.objects.balance import balance_object
from checkout.sandbox.objects.dispute import dispute_object, warning_object
from checkout.sandbox.objects.event import API_VERSION, event_object
from checkout.sandbox.objects.payment import charge_object, intent_object
from checkout.sandbox.objects.refund import refund_object
from checkout.sandbox.objects.session import line_list, pay_url, session_object

__all__ = [
    "API_VERSION",
    "balance_object",
    "charge_object",
    "dispute_object",
    "event_object",
    "intent_object",
    "line_list",
    "pay_url",
    "refund_object",
    "session_object",
    "warning_object",
]
