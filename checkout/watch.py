"""The watch: versions of orders that somebody waits for, kept in memory, and fresh by NOTIFY.

A trigger tells of every change of an order's version, whoever makes it (``0008_order_versions``).
What is kept was learned after the listening began, so that no change falls between; and as long as
the listening is proven: every few seconds the watch sends itself a word, and one that does not come
back means that nothing else would. Then it knows nothing, and the database is asked.
"""

import asyncio
import logging
import secrets
from collections import OrderedDict
from contextlib import suppress
from typing import Any

import psycopg

from checkout.versions import AWAY, Pause, Versions, connect

logger = logging.getLogger(__name__)

CHANNEL = "order_versions"  # a notification says: reference, space, version
MOST = 10_000  # orders that are kept; those that nobody asked for longest are forgotten
BEAT = 5  # seconds between two proofs that the connection hears


class Known:
    """The versions that are known, of as many orders as memory is given for."""

    def __init__(self) -> None:
        self._versions: OrderedDict[str, int] = OrderedDict()

    def get(self, reference: str) -> int:
        """Return the order's version; 0 if it is not known."""
        version = self._versions.get(reference, 0)
        if version:
            self._versions.move_to_end(reference)
        return version

    def expect(self, reference: str) -> None:
        """Hear what is told of the order from now on."""
        self._versions.setdefault(reference, 0)
        if len(self._versions) > MOST:
            self._versions.popitem(last=False)

    def learn(self, reference: str, version: int) -> int:
        """Note a version of an order that is expected, unless a newer one is known."""
        if reference not in self._versions:
            return version
        newest = max(version, self._versions[reference])
        self._versions[reference] = newest
        return newest

    def forget(self, reference: str) -> None:
        """Expect nothing of it: there is no such order."""
        self._versions.pop(reference, None)


class Watch:
    """Answers as ``Versions`` does, and from memory where it can. It begins when first asked."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._known: Known | None = None  # nothing, while nothing is heard
        self._listening: asyncio.Task[None] | None = None

    @property
    def is_hearing(self) -> bool:
        """Whether it would hear of changes."""
        return self._known is not None

    async def of(self, reference: str) -> int | None:
        """Return the order's version; ``None`` if there is none, or nobody to ask."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen_on())
        known = self._known
        if known is None:
            return await self._versions.of(reference)
        if version := known.get(reference):
            return version
        known.expect(reference)
        asked = await self._versions.of(reference)
        if asked is None:
            known.forget(reference)
            return None
        return known.learn(reference, asked)

    async def close(self) -> None:
        """Stop listening."""
        if self._listening:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        await self._versions.close()

    async def _listen_on(self) -> None:
        pause = Pause()
        while True:
            try:
                async with await connect() as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    await self._hear(connection, pause)
            except AWAY as error:
                logger.warning("the watch hears nothing, and tries again: %s", error)
            finally:
                self._known = None
            await asyncio.sleep(pause.lengthen())

    async def _hear(self, connection: "psycopg.AsyncConnection[Any]", pause: Pause) -> None:
        known = Known()
        while True:
            beat = secrets.token_hex(8)
            await self._versions.execute("SELECT pg_notify(%s, %s)", [CHANNEL, beat])
            has_come_back = False
            async for told in connection.notifies(timeout=BEAT):
                if told.payload == beat:
                    has_come_back = True
                    self._known = known
                    pause.reset()
                reference, _, version = told.payload.partition(" ")
                if version.isdigit():
                    known.learn(reference, int(version))
            if not has_come_back:
                raise TimeoutError("its own word did not come back")
