"""What time it is for a page: now, unless staff look at how it will be on another day.

While that differs from the real time, nothing that is written is kept (``library.preview``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """Return the moment at which the page is looked at."""
    return _moment.get() or datetime.now(UTC)


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Have it be ``moment`` for whatever is shown meanwhile."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
