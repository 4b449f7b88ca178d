"""The load: clients on loopback, each of which asks again as soon as it was answered.

Runs in a process of its own, which knows nothing of Django, and says what it cost itself.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import cast

import httptools
import uvloop

HOST = "127.0.0.1"
PATIENCE = 60.0  # seconds beyond a round's own that its last answers may take


@dataclass(frozen=True)
class Round:
    """Requests to be sent to a port by so many clients: for so many seconds, or each once.

    With a ``pause``, each client asks again so many seconds after it has asked last.
    """

    port: int
    requests: list[bytes]
    clients: int
    seconds: float
    is_once: bool = False
    pause: float = 0.0


@dataclass
class Tally:
    """What came of a round.

    ``own_seconds`` is the processor time of the load itself. That of the server,
    ``processor_seconds``, is for whoever knows the server to fill in.
    """

    seconds: float = 0.0
    own_seconds: float = 0.0
    processor_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    body_bytes: int = 0
    broken: int = 0  # connections that ended before their answer

    @property
    def count(self) -> int:
        """How many requests were answered."""
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """How many were answered in a second."""
        return self.count / self.seconds if self.seconds else 0.0


def drive(what: Round) -> Tally:
    """Drive one round, and return its tally."""
    before = time.process_time()
    tally = uvloop.run(_drive(what))
    tally.own_seconds = time.process_time() - before
    return tally


async def _drive(what: Round) -> Tally:
    tally, loop = Tally(), asyncio.get_running_loop()
    requests = iter(what.requests) if what.is_once else cycle(what.requests)
    clients = [_Client(requests, tally, what) for _ in range(what.clients)]
    for client in clients:
        await loop.create_connection(lambda client=client: client, HOST, what.port)  # type: ignore[misc]
    begun = time.perf_counter()
    for place, client in enumerate(clients):
        client.begin(begun, after=what.pause * place / what.clients)
    await asyncio.wait_for(
        asyncio.gather(*(client.done for client in clients)), what.seconds + PATIENCE
    )
    tally.seconds = max(client.last_answer for client in clients) - begun
    for client in clients:
        client.close()
    return tally


class _Client(asyncio.Protocol):
    """One connection that is kept, with one request at a time on it."""

    transport: asyncio.Transport

    def __init__(self, requests: Iterator[bytes], tally: Tally, what: Round) -> None:
        self.requests, self.tally = requests, tally
        self.seconds, self.pause = what.seconds, what.pause
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.last_answer = self.sent_at = time.perf_counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.parser = httptools.HttpResponseParser(self)

    def begin(self, begun: float, *, after: float) -> None:
        self.deadline = begun + self.seconds
        self._ask_in(after)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.tally.body_bytes += len(body)

    def on_message_complete(self) -> None:
        self.last_answer = time.perf_counter()
        self.tally.latencies.append(self.last_answer - self.sent_at)
        self.tally.statuses[self.parser.get_status_code()] += 1
        self.parser = httptools.HttpResponseParser(self)
        self._ask_in(self.sent_at + self.pause - self.last_answer)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.tally.broken += 1
            self.done.set_result(None)

    def close(self) -> None:
        self.transport.close()

    def _ask_in(self, seconds: float) -> None:
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, self._ask)
        else:
            self._ask()

    def _ask(self) -> None:
        if self.done.done():
            return
        now = time.perf_counter()
        request = next(self.requests, None) if now < self.deadline else None
        if request is None:
            self.done.set_result(None)
            return
        self.sent_at = now
        self.transport.write(request)
