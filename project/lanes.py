"""The threads that requests are served on: a few of each kind, which live as long as the server.

``concurrent.futures`` and ``asyncio`` offer the same, with a future and a lock of each on the way
there and back: for a short page that is a twentieth of all its work.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

from django.db import connections

MAX_WAITING = 500  # requests for each lane; who comes later is asked to try again
PATIENCE = 10.0  # seconds until a lane is given up that does not come to its end

type Answer = asyncio.Future[Any]
type Task = tuple[Callable[..., Any], tuple[Any, ...], Answer]


class Lane:
    """Threads for one kind of request, begun with the first of them."""

    def __init__(self, name: str, threads: int) -> None:
        self.threads = threads
        self.waiting = 0
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._crew = [
            Thread(target=self._serve, name=f"{name.replace(' ', '-')}_{number}", daemon=True)
            for number in range(threads)
        ]
        self._has_begun = False

    @property
    def is_full(self) -> bool:
        """Whether one more request would wait too long."""
        return self.waiting >= MAX_WAITING

    async def run[T](self, work: Callable[..., T], *args: Any) -> T:
        """Do ``work`` on one of the threads; requests are served in the order they came.

        What is not wanted any more when its turn comes is not begun.
        """
        if not self._has_begun:
            self._begin()
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.waiting += 1
        try:
            self._tasks.put((work, args, answer))
            return await answer
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """End the threads when they have done what is asked of them already."""
        if not self._has_begun:
            return
        for _ in self._crew:
            self._tasks.put(None)
        until = time.monotonic() + PATIENCE
        for thread in self._crew:
            thread.join(max(0, until - time.monotonic()))

    def _begin(self) -> None:
        self._has_begun = True
        for thread in self._crew:
            thread.start()

    def _serve(self) -> None:
        while task := self._tasks.get():
            _do(*task)
            del task  # it would be kept until the next one comes
        connections.close_all()


def _do(work: Callable[..., Any], args: tuple[Any, ...], answer: Answer) -> None:
    """Do the work, and have the loop that waits for it told what came of it."""
    if answer.cancelled():
        return
    result, error = None, None
    try:
        result = work(*args)
    except BaseException as caught:  # noqa: BLE001  whoever waits is to have it
        error = caught
    with suppress(RuntimeError):  # the loop has ended meanwhile
        answer.get_loop().call_soon_threadsafe(_tell, answer, result, error)
    error = None  # its traceback holds this frame, and all that stands in it


def _tell(answer: Answer, result: Any, error: BaseException | None) -> None:
    if answer.done():  # nobody waits any more
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
