"""Webhooks that nobody signed: counted, so that a wrong secret or clock is noticed.

Each process counts for itself, in memory: what strangers send must cost the database nothing.
"""

import time
from threading import Lock

from checkout import alarms

# Within an hour: after how many staff are told, and the sender is asked to stay away.
ALARM, LIMIT = 20, 200
HOUR = 3600  # seconds

_lock = Lock()
_seen: dict[int, int] = {}


def note_forgery() -> bool:
    """Count a bad signature. Return whether there are so many that they are turned away."""
    count = _count()
    if count == ALARM:
        alarms.tell_of_forged_webhooks(count)
    return count > LIMIT


def forget_forgeries() -> None:
    """Count from nothing."""
    with _lock:
        _seen.clear()


def _count() -> int:
    hour = int(time.time()) // HOUR
    with _lock:
        count = _seen.get(hour, 0) + 1
        _seen.clear()
        _seen[hour] = count
        return count
