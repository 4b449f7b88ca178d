"""What can be done by hand to a recent session, and to what was paid with it.

The control page shows a button for each action that applies, and the JSON API takes its name. To
add one, such as for a refund or a dispute, add it to ``ACTIONS``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from checkout.sandbox import sessions
from checkout.sandbox.events import NOBODY
from checkout.sandbox.models import CheckoutSession


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something to do. ``do`` may raise ``ApiError`` if it is not possible any more."""

    name: str
    label: str
    applies: Callable[[CheckoutSession], bool]
    do: Callable[[CheckoutSession], object]


def _is_open(session: CheckoutSession) -> bool:
    return session.is_open


def _expire(session: CheckoutSession) -> None:
    sessions.expire(session.pk, cause=NOBODY)


ACTIONS = [Action(name="expire", label="Expire now", applies=_is_open, do=_expire)]


def named(name: str) -> Action | None:
    """Return the action, if there is one of this name."""
    return next((action for action in ACTIONS if action.name == name), None)


def applicable(session: CheckoutSession) -> list[Action]:
    """Return what can be done to the session as it is."""
    return [action for action in ACTIONS if action.applies(session)]
