"""Serves each request in one hop: the whole synchronous chain on one long-lived thread.

Django's own handler runs every middleware as a coroutine and hops to a thread and back around
synchronous code, which costs a page several times its own work. Here the event loop reads the body
and sends the answer, and a thread of a small pool does all that lies between. Because the threads
live long, each keeps its database connection.

Requests that wait for a payment gateway have a pool of their own, so that a slow gateway never
holds up a page. So have the sandbox's pages, which call the shop, and its API, which the shop
calls: with one pool they would wait for each other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing, suppress
from typing import IO, Any

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import set_script_prefix

from project import health, uploads
from project.lanes import Lane
from project.one_core import keep_to_one_core
from project.quiet import trust_quiet_connections

type Scope = dict[str, Any]
type Message = Mapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 10 * 1024 * 1024  # bytes; staff may give lessons more (project/uploads.py)
RETRY_AFTER = 2  # seconds


class BodyTooLarge(Exception):
    """The request's body is larger than it may be."""


class OneHopHandler(ASGIHandler):
    """Django's handler, with its synchronous chain in one hop to a thread."""

    def __init__(self) -> None:
        # Not ASGIHandler's own: that one loads the middleware as coroutines.
        super(ASGIHandler, self).__init__()
        self.load_middleware(is_async=False)
        self.lanes = {name: Lane(name, n) for name, n in settings.REQUEST_THREADS.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope, as ASGI has it."""
        if scope["type"] == "lifespan":
            await live(receive, send, close=self.close)
        elif scope["type"] == "http":
            if probe := await health.answer_probe(scope["path"]):
                await send_plain(send, *probe, content_type=b"application/json")
            else:
                await self.serve(scope, receive, send)
        else:
            raise ValueError(f"Only HTTP is served here, not {scope['type']}.")

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        lane = self.lanes[lane_of(scope["path"])]
        try:
            body = await self.read_body(receive, await self.most_bytes(scope, lane))
        except RequestAborted:
            return
        except BodyTooLarge:
            return await send_plain(send, 413, b"The request is too large.")
        if lane.is_full:
            return await send_plain(send, 503, b"Very busy just now. Please try again.", retry=True)
        with closing(body):
            response = await lane.run(self.respond, scope, body)
            if getattr(response, "is_unsent", False):
                await hang_up(send)
            elif response.streaming:
                await self.stream(response, lane, receive, send)
            else:
                await self.send_response(response, send)

    def backlog(self) -> float:
        """Return how many requests for pages wait for each thread."""
        pages = self.lanes["pages"]
        return max(pages.waiting - pages.threads, 0) / pages.threads

    def close(self) -> None:
        """End the threads."""
        for lane in self.lanes.values():
            lane.close()
        health.close()

    async def most_bytes(self, scope: Scope, lane: Lane) -> int:
        """Return how long the request's body may be."""
        if uploads.announces(scope, MAX_BODY) and await lane.run(uploads.may_send_much, scope):
            most: int = settings.UPLOAD_MAX_MB * 1024 * 1024
            return most
        return MAX_BODY

    async def read_body(self, receive: Receive, most_bytes: int = MAX_BODY) -> IO[bytes]:
        """Read the request's body, into memory while it is small.

        Raise ``BodyTooLarge``, and ``RequestAborted`` if the client goes away.
        """
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most_bytes:
                raise BodyTooLarge
            return message

        return await super().read_body(counted)

    def respond(self, scope: Scope, body: IO[bytes]) -> Any:
        """Make the answer. Runs on a thread, from the first signal to the last."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        trust_quiet_connections()
        request, refusal = self.create_request(scope, body)
        response: Any = self.get_response(request) if request is not None else refusal
        response._handler_class = self.__class__
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
        return response

    async def stream(
        self, response: StreamingHttpResponse, lane: Lane, receive: Receive, send: Send
    ) -> None:
        """Send a streaming answer part by part; stop when the client goes away.

        A thread is held while a part is made, not while it travels.
        """
        gone = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            if response.is_async:
                await self.send_response(response, send)
            else:
                await self._send_parts(response, lane, send, gone)
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            await lane.run(response.close)

    async def _send_parts(
        self, response: StreamingHttpResponse, lane: Lane, send: Send, gone: "asyncio.Future[None]"
    ) -> None:
        await send(response_start(response))
        parts: Iterator[bytes] = iter(response)
        while not gone.done() and (part := await lane.run(next, parts, b"")):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})


async def live(receive: Receive, send: Send, *, close: Callable[[], None]) -> None:
    """Answer the server's start and stop."""
    await receive()
    if settings.ONE_CORE:
        keep_to_one_core()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    close()
    await send({"type": "lifespan.shutdown.complete"})


def lane_of(path: str) -> str:
    """Return which pool of threads serves a request for ``path``."""
    if path.startswith("/sandbox/v1/"):
        return "sandbox api" if settings.SANDBOX else "pages"
    if path.startswith("/sandbox/"):
        return "sandbox" if settings.SANDBOX else "pages"
    if path.endswith("/status/"):
        return "pages"
    if path.startswith("/webhooks/"):
        # Of their own: what gateways tell us must come through while they answer slowly.
        return "webhooks"
    return "gateway" if _waits_for_gateway(path) else "pages"


# Where people go to, and come back from, accounts elsewhere: their servers are asked on the way.
ELSEWHERE = tuple(f"/accounts/{name}/" for name in ("google", "apple", "github", "oidc"))


def _waits_for_gateway(path: str) -> bool:
    """Return whether a view asks the gateway, or another server, while its visitor waits."""
    if path.startswith(ELSEWHERE):
        return True
    if path.startswith("/admin/checkout/"):
        return path.endswith(("/refund/", "/check/"))
    return path.startswith("/checkout/") or (path.startswith("/orders/") and path != "/orders/")


def response_start(response: HttpResponseBase) -> Message:
    """Return the ASGI message that opens ``response``."""
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    cookies = [
        (b"Set-Cookie", cookie.OutputString().encode("ascii"))
        for cookie in response.cookies.values()
    ]
    return {
        "type": "http.response.start",
        "status": response.status_code,
        "headers": headers + cookies,
    }


async def hang_up(send: Send) -> None:
    """End the connection without an answer, as the sandbox does when it plays a network's failure.

    ASGI has no word for it: the server is told to begin with a header that nobody can write, and
    so it closes the connection before the first byte.
    """
    with suppress(Exception):
        await send({"type": "http.response.start", "status": 504, "headers": [(b" ", b"")]})


async def send_plain(
    send: Send,
    status: int,
    body: bytes,
    *,
    content_type: bytes = b"text/plain; charset=utf-8",
    retry: bool = False,
) -> None:
    """Send a short answer that needs no Django."""
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *([(b"retry-after", str(RETRY_AFTER).encode())] if retry else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
