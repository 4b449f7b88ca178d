"""Which version an order has, asked in the event loop: one indexed question, whoever asks with us.

While one question is under way, all others that come wait for the next, which asks for them
together: under load a poll costs a part of a query.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

logger = logging.getLogger(__name__)

ANSWER_TIMEOUT = 2  # seconds; who waits for longer is answered by Django
CONNECT_TIMEOUT = 5  # seconds
ASKED_OFTEN = 2  # times, after which a question is prepared
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30  # seconds between two tries to connect
AWAY = (psycopg.Error, DatabaseError, OSError, TimeoutError)

_VERSIONS = "SELECT reference, version FROM checkout_order WHERE reference = ANY(%s)"


async def connect() -> "psycopg.AsyncConnection[Any]":
    """Open a connection to the shop's database. Raise what ``AWAY`` names."""
    async with asyncio.timeout(CONNECT_TIMEOUT):
        parameters = await asyncio.to_thread(_parameters)
        return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)


def _parameters() -> dict[str, Any]:
    """Return those of Django's own connections, without what is only for its cursors.

    What is asked again is prepared by psycopg: no statement of ours goes past it here. On a thread,
    because an embedded server is started on the way.
    """
    parameters: dict[str, Any] = connection.get_connection_params()
    parameters["prepare_threshold"] = ASKED_OFTEN if settings.PREPARED_STATEMENTS else None
    return {k: v for k, v in parameters.items() if k not in ("cursor_factory", "context")}


class Pause:
    """How long to wait before the next try: longer each time that one fails."""

    def __init__(self) -> None:
        self._next = FIRST_PAUSE

    def lengthen(self) -> float:
        """Return how many seconds to wait now."""
        now, self._next = self._next, min(self._next * 2, LONGEST_PAUSE)
        return now

    def reset(self) -> None:
        """It worked: the next failure is the first."""
        self._next = FIRST_PAUSE


class Versions:
    """Answers which version an order has, on one connection of the event loop's own."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._connecting = asyncio.Lock()  # who comes meanwhile waits for the same connection
        self._pause = Pause()
        self._not_before = 0.0
        self._asked: dict[str, asyncio.Future[int | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def of(self, reference: str) -> int | None:
        """Return the order's version; ``None`` if there is none, or nobody to ask."""
        loop = asyncio.get_running_loop()
        answer = self._asked.setdefault(reference, loop.create_future())
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_for_all())
        return await asyncio.shield(answer)  # others may wait for it as well

    async def execute(self, statement: str, values: list[Any]) -> list[Any]:
        """Return the answer's rows. Raise what ``AWAY`` names; then the next call connects anew."""
        try:
            connection = self._connection or await self._connect()
            async with asyncio.timeout(ANSWER_TIMEOUT):
                cursor = await connection.execute(statement, values)
                return await cursor.fetchall() if cursor.description else []
        except AWAY:
            await self._hang_up()
            raise

    async def close(self) -> None:
        """Close the connection."""
        if self._asking:
            self._asking.cancel()
        await self._hang_up()

    async def _ask_for_all(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            known: dict[str, int] = {}
            try:
                rows = await self.execute(_VERSIONS, [list(asked)])
                known = dict(rows)
            except AWAY as error:
                logger.warning("versions of orders cannot be asked for: %s", error)
            finally:
                for reference, answer in asked.items():
                    if not answer.done():
                        answer.set_result(known.get(reference))

    async def _connect(self) -> "psycopg.AsyncConnection[Any]":
        loop = asyncio.get_running_loop()
        async with self._connecting:
            if self._connection is None:
                if loop.time() < self._not_before:
                    raise TimeoutError("The database was away a moment ago.")
                self._not_before = loop.time() + self._pause.lengthen()
                self._connection = await connect()
                self._pause.reset()
            return self._connection

    async def _hang_up(self) -> None:
        lost, self._connection = self._connection, None
        if lost:
            with suppress(*AWAY):
                await lost.close()
