"""What is made to go wrong with calls of the API and with payments.

For tests, in the same database as the sandbox::

    faults.switch_on("checkout.sessions.create", Fault.TIMEOUT_AFTER, times=1)
    faults.switch_on_payment(SaleFault.ANOTHER_AMOUNT, amount=100)
    faults.switch_off()

A call has the SDK's name: ``checkout.sessions.create``, ``checkout.sessions.retrieve``,
``checkout.sessions.expire``, ``refunds.create``, or ``*`` for any. Without ``times`` a fault
happens until it is switched off. The oldest switch that fits a call is the one that breaks it.

Source of what is kept under an idempotency key, and so told again: Stripe, API, "Idempotent
requests". What an endpoint answered once it had begun is kept, a 500 too; what came before it
(401, 403, 409, 429, 503) is not, nor what happened to the connection.
"""

import re
import time
from collections.abc import Callable

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from checkout.sandbox import errors
from checkout.sandbox.errors import ApiError
from checkout.sandbox.idempotency import Reply
from checkout.sandbox.models import (
    ApiFault,
    CheckoutSession,
    Fault,
    PaymentFault,
    PaymentIntent,
    SaleFault,
)
from checkout.sandbox.models.fault import ANY_CALL

# Before anything is kept under a key: the limiter, the doorman, and who looks at parameters.
REFUSALS: dict[str, Callable[[], ApiError]] = {
    Fault.TOO_MANY_REQUESTS: errors.too_many_requests,
    Fault.KEY_IN_USE: errors.key_in_use,
    Fault.BAD_KEY: errors.bad_key,
    Fault.FORBIDDEN: errors.forbidden,
    Fault.SERVER_BUSY: errors.server_busy,
    Fault.EMAIL_REFUSED: errors.email_refused,
}

VERBS = {"GET": ("list", "retrieve"), "POST": ("create", "update"), "DELETE": ("", "delete")}


class NoAnswer(Exception):
    """The connection is to end without an answer."""


def switch_on(call: str, fault: Fault, *, times: int | None = None, seconds: float = 0) -> ApiFault:
    """Break the next ``times`` calls, or all of them.

    ``seconds`` is how long the connection is held before it ends, or how late the answer comes.
    """
    return ApiFault.objects.create(call=call, fault=fault, times_left=times, seconds=seconds)


def switch_on_payment(
    fault: SaleFault, *, times: int | None = 1, amount: int | None = None, currency: str = ""
) -> PaymentFault:
    """Take something else in the next ``times`` payments that go through.

    ``amount`` is in Stripe's units; by default it is one unit more than what was asked.
    """
    return PaymentFault.objects.create(
        fault=fault, times_left=times, amount=amount, currency=currency
    )


def switch_off() -> None:
    """Let every call and every payment work again."""
    ApiFault.objects.all().delete()
    PaymentFault.objects.all().delete()


def take(name: str) -> ApiFault | None:
    """Return the fault that breaks this call, and count it. While there is none: one query."""
    return next((fault for fault in ApiFault.objects.for_call(name) if fault.use()), None)


def before(fault: ApiFault | None) -> None:
    """Break the call before it is executed; raise ``ApiError`` or ``NoAnswer``."""
    if fault is None:
        return
    if refusal := REFUSALS.get(fault.fault):
        raise refusal()
    if fault.fault == Fault.TIMEOUT_BEFORE:
        time.sleep(fault.seconds)
        raise NoAnswer


def instead(fault: ApiFault | None, work: Callable[[], Reply], failure: Reply) -> Reply:
    """Do the work, or fail, or both. An idempotency key keeps what is returned."""
    if fault and fault.fault == Fault.ERROR_500_BEFORE:
        return failure
    reply = work()
    has_failed = fault and fault.fault == Fault.ERROR_500_AFTER
    return failure if has_failed and reply.status == 200 else reply


def after(fault: ApiFault | None, reply: Reply) -> Reply:
    """Break the answer, what was done being committed; raise ``NoAnswer``."""
    if fault and fault.fault in (Fault.SLOW, Fault.TIMEOUT_AFTER):
        time.sleep(fault.seconds)
    if fault and fault.fault == Fault.TIMEOUT_AFTER:
        raise NoAnswer
    if fault and fault.fault == Fault.BROKEN_JSON:
        half = reply.body[: len(reply.body) // 2]
        return Reply(reply.status, half, reply.request_id, is_replayed=reply.is_replayed)
    return reply


def spoil(session: CheckoutSession, intent: PaymentIntent) -> None:
    """Take something else for the session than it costs, if that is switched on.

    The session, its intent and therefore its charge agree on what was taken. The caller holds the
    session's lock, and saves both.
    """
    fault = next((fault for fault in PaymentFault.objects.all() if fault.use()), None)
    if fault is None:
        return
    if fault.fault == SaleFault.ANOTHER_AMOUNT:
        amount = session.amount_total + 1 if fault.amount is None else fault.amount
        session.amount_total = intent.amount = amount
    else:
        other = "usd" if session.currency == "eur" else "eur"
        session.currency = intent.currency = fault.currency or other


def call_name(method: str, route: str) -> str:
    """Return the SDK's name of a call: ``GET v1/refunds/<slug:id>`` is ``refunds.retrieve``."""
    parts = route.partition("v1/")[2].split("/")
    names = [part for part in parts if not part.startswith("<")]
    of_many, of_one = VERBS.get(method, (method.lower(), method.lower()))
    if parts[-1].startswith("<"):
        return ".".join([*names, of_one])
    # What is posted to a word after an id is an action of its own, such as ``expire``.
    is_action = method == "POST" and len(parts) > len(names)
    return ".".join(names if is_action else [*names, of_many])


def known_calls() -> list[str]:
    """Return the names of all calls that the sandbox answers."""
    return sorted(
        call_name(method, route)
        for route, methods in _endpoints(get_resolver("checkout.sandbox.urls"))
        for method in methods
    )


def _endpoints(resolver: URLResolver) -> list[tuple[str, list[str]]]:
    return [
        (str(pattern.pattern), getattr(pattern.callback, "methods", []))
        for pattern in resolver.url_patterns
        if isinstance(pattern, URLPattern) and re.match("v1/", str(pattern.pattern))
    ]


def is_known(call: str) -> bool:
    """Say whether a switch may name this call."""
    return call == ANY_CALL or call in known_calls()
