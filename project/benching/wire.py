"""Requests as browsers write them, byte by byte; and one asked and answered by itself."""

import gzip
import http.client
import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlencode

from project.benching.load import HOST

BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br",
    "Sec-Fetch-Site": "same-origin",
}


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body, uncompressed."""
        is_small = self.headers["Content-Encoding"] == "gzip"
        return (gzip.decompress(self.body) if is_small else self.body).decode()


@dataclass(frozen=True)
class Browser:
    """Somebody's browser, and the port of the shop that it looks at."""

    port: int
    cookie: str = ""

    def get(
        self, path: str, *, target: str = "", headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Return a request for a page, or with a ``target`` that of htmx for what goes there."""
        return self._write("GET", path, target, headers or {}, b"")

    def post(
        self,
        path: str,
        fields: Mapping[str, str],
        *,
        target: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Return the request that sends a form."""
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._write("POST", path, target, form, urlencode(fields).encode())

    def _write(
        self, method: str, path: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> bytes:
        site = f"http://localhost:{self.port}"
        htmx = {"HX-Request": "true", "HX-Target": target, "HX-Current-URL": f"{site}/"}
        lines = {
            "Host": f"localhost:{self.port}",
            **BROWSER,
            **({"Cookie": self.cookie} if self.cookie else {}),
            **(htmx if target else {}),
            **({"Origin": site, "Content-Length": str(len(body))} if method == "POST" else {}),
            **headers,
        }
        return write(method, path, lines, body)


def write(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a request as it goes over the wire."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def ask(port: int, request: bytes) -> Answer:
    """Send one request on a connection of its own, and return the answer."""
    with closing(socket.create_connection((HOST, port), timeout=60)) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return Answer(response.status, response.headers, response.read())
