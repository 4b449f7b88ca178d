"""Django's own handler, in place of ``one_hop``: slower, and with no limits of its own.

It is one setting away, should ``one_hop`` ever be in the way. Its threads come and go, so that
connections to the database end with each request.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler

from project import health
from project.one_hop import Receive, Scope, Send, live, send_plain


class StockHandler:
    """Serves requests as Django does; and probes, and the server's start and stop."""

    def __init__(self) -> None:
        self._django = _StreamingHandler()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope, as ASGI has it."""
        if scope["type"] == "lifespan":
            await live(receive, send, close=health.close)
        elif probe := await health.answer_probe(scope["path"]):
            await send_plain(send, *probe, content_type=b"application/json")
        else:
            await self._django(scope, receive, send)

    def backlog(self) -> float:
        """Return how many requests wait for each thread: nobody knows."""
        return 0


class _StreamingHandler(ASGIHandler):
    """Django's handler, which would read a video into memory before it sends the first byte."""

    async def send_response(self, response: Any, send: Send) -> None:
        """Send a streaming answer part by part."""
        if response.streaming and not response.is_async:
            response.streaming_content = _parts(iter(response))
        await super().send_response(response, send)


async def _parts(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    make_next = sync_to_async(lambda: next(parts, b""))
    while part := await make_next():
        yield part
