"""How busy this process is, and so how much longer whoever asks again and again should wait.

Two things tell: how many requests wait for each thread, and how late the event loop comes to what
it meant to do by now, which tells of a busy machine as well.
"""

import asyncio
from collections.abc import Callable

TICK = 0.25  # seconds
# From how many requests waiting for each thread, or how many seconds of lateness, for how long.
STEPS = ((8, 0.5, 15), (2, 0.1, 5))


class Pressure:
    """Looks at the event loop, from the first question on."""

    def __init__(self, backlog: Callable[[], float]) -> None:
        """``backlog`` says how many requests wait for each thread."""
        self._backlog = backlog
        self._late = 0.0  # seconds; soon up, and down by half with each tick
        self._next: asyncio.TimerHandle | None = None

    def pause(self) -> int:
        """Return how many seconds are to be waited; 0 while there is no need."""
        if self._next is None:
            self._look_again(asyncio.get_running_loop())
        backlog = self._backlog()
        for most_waiting, latest, seconds in STEPS:
            if backlog >= most_waiting or self._late >= latest:
                return seconds
        return 0

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + TICK

        def look() -> None:
            self._late = max(loop.time() - due, self._late / 2)
            self._look_again(loop)

        self._next = loop.call_at(due, look)
