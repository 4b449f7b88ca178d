"""The shapes in which the sandbox tells of what it remembers."""

from checkout.sandbox.objects.event import API_VERSION, event_object
from checkout.sandbox.objects.payment import charge_object, intent_object
from checkout.sandbox.objects.session import line_list, pay_url, session_object

__all__ = [
    "API_VERSION",
    "charge_object",
    "event_object",
    "intent_object",
    "line_list",
    "pay_url",
    "session_object",
]
