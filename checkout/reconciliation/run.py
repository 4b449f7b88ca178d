"""Going through the steps: one failure holds up nothing else, and everything is counted."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from checkout.gateways import GatewayError, Notice, Sold
from checkout.models import InvalidTransition
from checkout.reconciliation.steps import Step
from checkout.settlement import WrongSession

logger = logging.getLogger(__name__)

type Watch = Callable[[Step, list[Any]], Iterable[Any]]


@dataclass
class Look:
    """What one step came to."""

    title: str
    looked_at: int = 0
    found: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What all steps came to."""

    looks: list[Look] = field(default_factory=list)

    @property
    def found(self) -> int:
        """How many things were not as they should be."""
        return sum(len(look.found) for look in self.looks)

    @property
    def failed(self) -> int:
        """How many could not be looked at."""
        return sum(len(look.failed) for look in self.looks)


def _silently(step: Step, things: list[Any]) -> Iterable[Any]:
    return things


def reconcile(
    steps: Sequence[Step],
    *,
    commit: bool,
    now: datetime | None = None,
    most: int | None = None,
    watch: Watch = _silently,
) -> Report:
    """Go through ``steps``; mend what is found only with ``commit``.

    ``most`` bounds how much each step looks at. ``watch`` is given what a step looks at, and
    returns the same: it may show how far it is. Raises nothing for what cannot be looked at.
    """
    now = now or timezone.now()
    return Report([_go(step, now, commit=commit, most=most, watch=watch) for step in steps])


def _go(step: Step, now: datetime, *, commit: bool, most: int | None, watch: Watch) -> Look:
    look = Look(step.title)
    for thing in watch(step, _things(step, now, look)[:most]):
        look.looked_at += 1
        try:
            verdict = step.look(thing, commit=commit)
        except (GatewayError, WrongSession, InvalidTransition, DatabaseError) as error:
            logger.warning("%s: %s: %s", step.title, name_of(thing), error)
            look.failed.append(f"{name_of(thing)}: {error}")
        else:
            if verdict:
                look.found.append(f"{name_of(thing)} {verdict}")
    return look


def _things(step: Step, now: datetime, look: Look) -> list[Any]:
    """Return what a step is to look at; nothing if the gateway does not answer."""
    try:
        return list(step.find(now))
    except GatewayError as error:
        logger.warning("%s: %s", step.title, error)
        look.failed.append(str(error))
        return []


def name_of(thing: Any) -> str:
    """Return what staff call it."""
    if isinstance(thing, Notice):
        return thing.event_id
    if isinstance(thing, Sold):
        return thing.session_id
    payment = getattr(thing, "payment", None)
    return f"{payment}: {thing}" if payment else str(thing)
