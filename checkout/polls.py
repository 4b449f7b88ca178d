"""Polls that need no answer, answered before Django: the order is as the panel shows it.

The reference in the URL is a secret, and 204 says nothing but that the version is the one that was
named, so that neither session nor page is needed. Whatever else a poll is, it goes on to the site.
"""

import re
from collections.abc import Callable

from django.conf import settings

from checkout.polling import read_poll
from checkout.versions import Versions
from checkout.watch import Watch
from project.one_hop import App, Message, Receive, Scope, Send

_POLL = re.compile(r"/orders/([-a-zA-Z0-9_]+)/status/")


class OrderPolls:
    """Stands before the site."""

    def __init__(self, site: App, *, pause: Callable[[], int]) -> None:
        """``pause`` says for how many seconds who polls is asked to wait, beyond their interval."""
        self._site = site
        self._pause = pause
        self._versions = Watch(Versions()) if settings.ORDER_WATCH else Versions()
        self._headers = _headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._site(scope, receive, send)
            return await self._versions.close()
        reference = _reference(scope)
        if reference is None:
            return await self._site(scope, receive, send)
        if seconds := self._pause():
            send = _with_pause(send, seconds)
        if await self._is_as_shown(reference, scope["query_string"]):
            await send({"type": "http.response.start", "status": 204, "headers": self._headers})
            await send({"type": "http.response.body"})
        else:
            await self._site(scope, receive, send)

    async def _is_as_shown(self, reference: str, query: bytes) -> bool:
        # Numbers only, so that nothing is to be decoded; with anything else, Django is asked.
        pairs = (pair.partition("=") for pair in query.decode("latin-1").split("&"))
        shown = read_poll({name: value for name, _, value in pairs})
        if not shown.version or not shown.is_on_time:
            return False
        return await self._versions.of(reference) == shown.version


def _reference(scope: Scope) -> str | None:
    """Return the order that a request polls; ``None`` if it is another request."""
    if not scope["path"].endswith("/status/") or scope["method"] != "GET":
        return None
    found = _POLL.fullmatch(scope["path"].removeprefix(scope.get("root_path", "")))
    return found[1] if found else None


def _with_pause(send: Send, seconds: int) -> Send:
    async def send_with_pause(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = [pair for pair in message["headers"] if pair[0].lower() != b"retry-after"]
            headers = [*others, (b"Retry-After", str(seconds).encode())]
            message = {**message, "headers": headers}
        await send(message)

    return send_with_pause


def _headers() -> list[tuple[bytes, bytes]]:
    """Return what a poll's answer says beside its status: that nobody keeps it, and what is."""
    headers = {
        "Cache-Control": "no-store, private",
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    if settings.SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
    return [(name.encode(), value.encode()) for name, value in headers.items()]
