"""Where the demo listens, and the settings that follow from it."""

import os
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104  recognized, not listened on


class PortTaken(Exception):
    """Another program listens there already."""


def reserve_port(host: str, port: int) -> int:
    """Return ``port`` if it is free, or any free one for 0. Raise ``PortTaken``."""
    families = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    for family, kind, protocol, _, address in families:
        with socket.socket(family, kind, protocol) as probe:
            # As the server itself does: a port that was just left is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            port = _bind(probe, (address[0], port, *address[2:]))
    return port


def _bind(probe: socket.socket, address: tuple[object, ...]) -> int:
    try:
        probe.bind(address)
    except OSError as error:
        raise PortTaken(str(error)) from error
    return int(probe.getsockname()[1])


def settings_for(host: str, port: int, *, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a demo at ``host`` and ``port``.

    ``SITE_URL`` and ``ALLOWED_HOSTS`` that are ``given`` stay as they are. Mail always goes to the
    mailbox, whatever mail server a real shop here would use.
    """
    site_url = given.get("SITE_URL") or local_url(host, port)
    named = _written(urlsplit(site_url).hostname or host)
    hosts = ["localhost", "127.0.0.1", "[::1]", _written(host), named]
    allowed = "*" if host in EVERYWHERE else ",".join(dict.fromkeys(hosts))
    return {
        "DEMO": "1",
        "SITE_URL": site_url,
        "ALLOWED_HOSTS": given.get("ALLOWED_HOSTS") or allowed,
        "EMAIL_URL": "",
        "LOG_LEVEL": given.get("LOG_LEVEL") or "WARNING",
    }


def local_url(host: str, port: int) -> str:
    """Return the URL by which this machine reaches a server that listens on ``host``."""
    name = "localhost" if host in EVERYWHERE else host
    return f"http://{_written(name)}:{port}"


def _written(host: str) -> str:
    """Return ``host`` as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def is_in_force(wanted: Mapping[str, str]) -> bool:
    """Return whether this process was started with the ``wanted`` environment."""
    return all(os.environ.get(name) == value for name, value in wanted.items())
