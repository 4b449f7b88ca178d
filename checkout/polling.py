"""How a waiting panel asks: what its URL carries, and how long it waits before it asks again."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

# Somebody is watching for the first half minute; afterwards it is the bank that is slow.
BRISK, PATIENT = 30, 120  # seconds of waiting
BRISK_INTERVAL, PATIENT_INTERVAL = 2, 5  # seconds between two polls
NO_MORE = 0


@dataclass(frozen=True, kw_only=True)
class Poll:
    """What the polling panel says of itself."""

    version: int
    since: int
    poll_seconds: int

    @property
    def is_on_time(self) -> bool:
        """Whether a panel that goes on waiting would ask as often as this one does."""
        return self.poll_seconds == interval(self.since) != NO_MORE


def read_poll(query: Mapping[str, str]) -> Poll:
    """Return what the panel carries in its URL; with garbage, it knows nothing."""
    now = int(time.time())
    since = _number(query.get("t"), default=now)
    return Poll(
        version=_number(query.get("v"), default=0),
        since=since if now - 86_400 < since <= now else now,
        poll_seconds=_number(query.get("s"), default=-1),
    )


def interval(since: int) -> int:
    """Return how long a panel that has waited since then waits to ask again; 0: for ever."""
    waited = int(time.time()) - since
    if waited >= PATIENT:
        return NO_MORE
    return BRISK_INTERVAL if waited < BRISK else PATIENT_INTERVAL


def _number(text: str | None, *, default: int) -> int:
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) < 12
    return int(text) if is_number and text else default
