"""Ways to break the shop on purpose, to see that the proof can fail: else it would prove nothing.

They are of this process only, and of its scratch database, and are undone afterwards.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from django.db import connection, transaction

from checkout import inbox, settlement, settling
from checkout.gateways import Notice, SessionState, Topic, gateway_named
from checkout.models import Payment
from checkout.models.cart import CartQuerySet
from checkout.models.order import OrderQuerySet
from checkout.models.payment import PaymentQuerySet
from checkout.models.refund import RefundQuerySet
from checkout.proving import shop as shops
from checkout.settlement import Books, settle
from library.models import Enrollment
from project.prepared import Prepared


@contextmanager
def constraint_dropped() -> Iterator[None]:
    """The database does not refuse a second seat on a course (``one_current_enrollment``)."""
    [constraint] = [
        constraint
        for constraint in Enrollment._meta.constraints
        if constraint.name == "one_current_enrollment"
    ]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Enrollment, constraint)
    try:
        yield
    finally:
        shops.clear()
        with connection.schema_editor() as editor:
            editor.add_constraint(Enrollment, constraint)


def amount_unchecked() -> AbstractContextManager[None]:
    """Whatever was paid settles the order."""
    return _replaced(Books, "is_what_was_asked", property(lambda books: True))


def granted_outside() -> AbstractContextManager[None]:
    """Seats are granted after the transaction that settles, not in it."""
    grant = settlement._grant
    return _replaced(
        settlement, "_grant", lambda books: transaction.on_commit(lambda: grant(books))
    )


@contextmanager
def lock_forgotten() -> Iterator[None]:
    """No row is locked, so that what was read may be stale.

    The constraints refuse what two workers then do at once, and that is what is seen.
    """
    with ExitStack() as stack:
        for rows in (OrderQuerySet, PaymentQuerySet, RefundQuerySet):
            stack.enter_context(_replaced(rows, "locked", lambda self: self.all()))
        both = _replaced(
            PaymentQuerySet, "locked_with_order", lambda self: self.select_related("order__user")
        )
        stack.enter_context(both)
        # Written anew, because what was written before has the lock in it.
        anew = Prepared(settling._locked.write)
        stack.enter_context(_replaced(settling, "_locked", anew))
        stack.enter_context(
            _replaced(
                CartQuerySet, "locked_for_order", lambda self, **of: list(self.of_order(**of))
            )
        )
        yield


def event_trusted() -> AbstractContextManager[None]:
    """A session that an event calls complete is paid, whatever the gateway says of its money."""
    look_at = inbox._look_at

    def believe(payment: Payment, notice: Notice) -> None:
        if notice.topic != Topic.SESSION:
            return look_at(payment, notice)
        snapshot = gateway_named(payment.gateway).fetch(payment)
        if notice.payload["data"]["object"]["status"] == "complete":
            snapshot = replace(snapshot, state=SessionState.PAID)
        settle(payment.pk, snapshot)
        return None

    return _replaced(inbox, "_look_at", believe)


SABOTAGES: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "constraint-dropped": constraint_dropped,
    "amount-unchecked": amount_unchecked,
    "granted-outside": granted_outside,
    "lock-forgotten": lock_forgotten,
    "event-trusted": event_trusted,
}


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    original = owner.__dict__[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)
