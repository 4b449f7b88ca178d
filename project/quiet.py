"""Whether a connection to the database still lives, without asking it.

A server that ends a connection says so, or is cut off, and either can be read from the socket.
Where there is nothing to be read, Django's question (``CONN_HEALTH_CHECKS``) would only cost a
journey to the database and back, in each request.
"""

from select import POLLIN, poll
from typing import Any

from django.db import connections


def trust_quiet_connections() -> None:
    """Have Django ask only those of this thread's connections that something has come in on."""
    for connection in connections.all(initialized_only=True):
        kept: Any = connection
        if kept.connection is not None and not kept.connection.closed:
            kept.health_check_done = _is_quiet(kept.connection.fileno())


def _is_quiet(socket: int) -> bool:
    waiting = poll()
    waiting.register(socket, POLLIN)
    return not waiting.poll(0)
