"""Answers strangers from memory, before Django, while nothing that they are shown has changed.

A page is kept when its answer says that it is for all (``project.for_strangers``), under everything
that it depends on: address, language, colors, what htmx asks for, compression. It is good while the
catalog has the version that it had before the page was made, and until the next sale begins or
ends. What changes the version is the business of the database (``catalog.models.change``); it is
asked once a second at most, so that a change shows within a second in every process.

Pictures and stylesheets whose address names their content are kept as well, for everybody.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.db import DatabaseError, connections
from django.http import HttpRequest, parse_cookie
from django.middleware.gzip import re_accepts_gzip
from django.utils import timezone
from django.utils.http import parse_etags
from django.utils.translation import get_language_from_request

from catalog.models import Standing
from catalog.watch import CatalogWatch, catalog_watch
from project.for_strangers import are_strangers, wishes_in
from project.kept import Kept
from project.quiet import trust_quiet_connections
from project.theme import theme_of

type Scope = dict[str, Any]
type Message = Mapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]
type Key = tuple[Any, ...]

# Which addresses may be answered from memory at all: the shop's window, and what is named by its
# content. A page that is to be kept stands here, and its view says so for each answer.
PAGES = re.compile(r"/|/(?:courses|bundles)/[-\w]+/")
UNCHANGING = re.compile(r"/covers/[-\w]+/\d+-\w+\.svg|/style/\w+\.css")
LONGEST_ADDRESS = 400  # characters
LARGEST_PAGE = 1024 * 1024  # bytes
OVERHEAD = 1000  # bytes that an entry takes beside its body, about

HTMX = (b"hx-request", b"hx-boosted", b"hx-history-restore-request", b"hx-request-type")
HTMX_SAYS = {b"", b"true", b"full", b"partial"}
# What an answer may depend on and be kept: all of it is in the key.
KNOWN_VARY = {
    "accept-encoding",
    "accept-language",
    "cookie",
    *(name.decode() for name in HTMX),
}
# A 304 repeats these. Source: RFC 9110, 15.4.5.
REPEATED = (b"cache-control", b"etag", b"vary", b"content-security-policy")


@dataclass(frozen=True)
class Page:
    """An answer that was made, and how the catalog stood before."""

    headers: list[tuple[bytes, bytes]]
    body: bytes
    standing: Standing | None  # None: its address names its content

    @property
    def size(self) -> int:
        """What it takes of the memory, in bytes."""
        return len(self.body) + OVERHEAD

    @property
    def etag(self) -> str:
        """What names its content."""
        return dict(self.headers).get(b"etag", b"").decode("latin1")

    def holds(self, standing: Standing | None) -> bool:
        """Whether it would be made the same way now."""
        if self.standing is None:
            return True
        is_same = standing is not None and standing.version == self.standing.version
        return is_same and self.standing.holds_at(timezone.now())

    def is_known_to(self, asked: str) -> bool:
        """Whether somebody who sends this ``If-None-Match`` has it already."""
        known = {tag.removeprefix("W/") for tag in parse_etags(asked)} if asked else set()
        return bool(self.etag) and (self.etag.removeprefix("W/") in known or "*" in known)


@dataclass(frozen=True)
class Look:
    """A request that may be answered from memory: under which key, and what it says beside."""

    key: Key
    is_head: bool
    asked: str  # If-None-Match
    is_unchanging: bool

    @classmethod
    def of(cls, scope: Scope) -> "Look | None":
        """Return it, if the request is one: a look at the window by somebody who is nobody."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return None
        path, query = scope["path"], scope["query_string"].decode("latin1")
        if len(path) + len(query) > LONGEST_ADDRESS:
            return None
        is_unchanging = bool(UNCHANGING.fullmatch(path) and not query)
        if not is_unchanging and not PAGES.fullmatch(path):
            return None
        headers = _headers_of(scope)
        visitor = () if is_unchanging else _depends_on(headers)
        if visitor is None or b"authorization" in headers or _has_body(headers):
            return None
        host = headers.get(b"host", b"")
        key = (path, *wishes_in(query), host, scope["scheme"], _is_compressed(headers), visitor)
        asked = headers.get(b"if-none-match", b"").decode("latin1")
        return cls(key, scope["method"] == "HEAD", asked, is_unchanging)


@dataclass
class Recorder:
    """Sends an answer on, and holds back one that may be kept until it is whole."""

    send: Send
    start: Message | None = None
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    is_whole: bool = False

    async def __call__(self, message: Message) -> None:
        """Take what the application sends."""
        if message["type"] == "http.response.start" and _may_be_kept(message):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.parts.append(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)

    def page(self, standing: Standing | None) -> Page | None:
        """Return the page, if it may be kept and came whole."""
        if self.start is None or not self.is_whole:
            return None
        headers = [(name.lower(), value) for name, value in self.start["headers"]]
        return Page(headers, b"".join(self.parts), standing)


class PageCache:
    """An ASGI application that stands before another, and answers for it what it remembers."""

    def __init__(self, application: Application, *, watch: CatalogWatch = catalog_watch) -> None:
        self.application = application
        self.watch = watch
        self.pages: Kept[Page] = Kept(settings.PAGE_CACHE_MB * 1024 * 1024)
        self.asker = ThreadPoolExecutor(1, thread_name_prefix="catalog-watch")
        self.asking: asyncio.Future[Standing] | None = None
        self.making: dict[Key, asyncio.Future[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope, as ASGI has it."""
        look = Look.of(scope)
        if look is not None:
            await self.serve(look, scope, receive, send)
            return
        await self.application(scope, receive, send)
        if scope["type"] == "lifespan":
            self.asker.submit(connections.close_all).result(timeout=5)
            self.asker.shutdown(wait=False)

    async def serve(self, look: Look, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or have the page made and keep it."""
        try:
            standing = None if look.is_unchanging else await self.standing()
        except DatabaseError:
            return await self.application(scope, receive, send)
        page = self.pages.get(look.key)
        if page is not None and not page.holds(standing) and look.key in self.making:
            # Somebody makes it anew already: a change must not make a crowd of the same page.
            await self.making[look.key]
            page = self.pages.get(look.key)
        if page is not None and page.holds(standing):
            await send_page(page, look, send)
        else:
            await self.make(look, standing, scope, receive, send)

    async def make(
        self, look: Look, standing: Standing | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Have the application make the page, and keep it if it is for all."""
        is_first = look.key not in self.making
        if is_first:
            self.making[look.key] = asyncio.get_running_loop().create_future()
        recorder = Recorder(send)
        try:
            await self.application(scope, receive, recorder)
            page = recorder.page(standing)
            if page is not None and not look.is_head and page.size <= LARGEST_PAGE:
                self.pages.put(look.key, page, size=page.size)
        finally:
            if is_first:
                self.making.pop(look.key).set_result(None)
        if page is not None:
            await send_page(page, look, send)

    async def standing(self) -> Standing:
        """Return how the catalog stands: what is known well enough, or what the database says."""
        if (known := self.watch.known) is not None:
            return known
        if self.asking is None or self.asking.done():
            self.asking = asyncio.get_running_loop().run_in_executor(self.asker, self._ask)
        return await asyncio.shield(self.asking)

    def _ask(self) -> Standing:
        """Ask the database, on the one thread that does so; it keeps its connection."""
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()
        trust_quiet_connections()
        return self.watch.standing()


async def send_page(page: Page, look: Look, send: Send) -> None:
    """Send the page, or 304 to somebody who has it."""
    if page.is_known_to(look.asked):
        headers = [(name, value) for name, value in page.headers if name in REPEATED]
        status, body = 304, b""
    else:
        headers, status, body = page.headers, 200, b"" if look.is_head else page.body
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _headers_of(scope: Scope) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        between = b"; " if name == b"cookie" else b","
        headers[name] = headers[name] + between + value if name in headers else value
    return headers


def _has_body(headers: dict[bytes, bytes]) -> bool:
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def _is_compressed(headers: dict[bytes, bytes]) -> bool:
    return bool(re_accepts_gzip.search(headers.get(b"accept-encoding", b"").decode("latin1")))


def _depends_on(headers: dict[bytes, bytes]) -> Key | None:
    """Return what of the visitor a page depends on; ``None`` if it may be more than we know."""
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin1"))
    htmx = tuple(headers.get(name, b"") for name in HTMX)
    if not are_strangers(cookies) or not HTMX_SAYS.issuperset(htmx):
        return None
    accepts = headers.get(b"accept-language", b"").decode("latin1")
    # What Django's own functions read of a request.
    visitor = cast(
        "HttpRequest", SimpleNamespace(COOKIES=cookies, META={"HTTP_ACCEPT_LANGUAGE": accepts})
    )
    return get_language_from_request(visitor), theme_of(visitor), htmx


def _may_be_kept(start: Message) -> bool:
    """Return whether an answer says that all may have it, and depends on nothing else."""
    headers: Iterable[tuple[bytes, bytes]] = start["headers"]
    said = {name.lower(): value.decode("latin1") for name, value in headers}
    control = said.get(b"cache-control", "")
    varies = {name.strip().lower() for name in said.get(b"vary", "").split(",") if name.strip()}
    return (
        start["status"] == 200
        and "public" in control
        and (b"etag" in said or "immutable" in control)
        and b"set-cookie" not in said
        and varies <= KNOWN_VARY
    )
