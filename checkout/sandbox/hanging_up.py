"""Ending a connection without an answer, as a network that fails does.

Neither WSGI nor ASGI has a word for it. What the SDK is to see is a connection that closes before
the first byte: a cut answer would be another error, which it does not repeat.
"""

import os
import socket
from contextlib import suppress

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse


class Silence(HttpResponse):
    """What a view returns that has no answer. The shop's own server sends nothing of it."""

    is_unsent = True
    status_code = 504


def hang_up(request: HttpRequest) -> HttpResponse:
    """Return what the view returns; the connection is gone by then, or goes."""
    if isinstance(request, WSGIRequest):
        # A test client has no connection to close.
        with suppress(AttributeError, OSError):
            _close_wsgi_connection(request)
    return Silence()


def _close_wsgi_connection(request: WSGIRequest) -> None:
    """Close it under Django's own server, which tests use.

    The body is read from the connection, and that is the only way to it which a view has.
    """
    reader = request.environ["wsgi.input"]._read.__self__
    with socket.socket(fileno=os.dup(reader.fileno())) as connection:
        connection.shutdown(socket.SHUT_RDWR)
