"""Where the demo listens, and the settings that follow from it."""

import errno
import os
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104  recognized, not listened on


class CannotListen(Exception):
    """Why nothing can listen there, in a sentence for people."""


def reserve_port(host: str, port: int) -> int:
    """Return ``port`` if the server can listen there, or any free one for 0.

    Raise ``CannotListen``. A name may stand for several addresses; as the server itself does,
    those that this machine does not have are passed over, such as IPv6 where it is off.
    """
    if not 0 <= port <= 65535:
        raise CannotListen(f"There is no port {port}: choose one from 1 to 65535.")
    reserved = 0
    for family, kind, protocol, _, address in _addresses_of(host, port):
        with socket.socket(family, kind, protocol) as probe:
            # A port that was just left counts as free, as it does for the server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            place = (address[0], reserved or port, *address[2:])
            reserved = _bind(probe, place, host) or reserved
    if not reserved:
        raise CannotListen(f"{host} is not an address of this machine.")
    return reserved


def _addresses_of(host: str, port: int) -> list[Any]:
    kind, flags = socket.SOCK_STREAM, socket.AI_PASSIVE
    try:
        return socket.getaddrinfo(host or None, port, type=kind, flags=flags)
    except socket.gaierror as error:
        raise CannotListen(f"{host} is not an address of this machine.") from error


def _bind(probe: socket.socket, place: tuple[Any, ...], host: str) -> int:
    """Return the port that ``probe`` got, or 0 if this machine has no such address."""
    try:
        probe.bind(place)
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            return 0
        raise CannotListen(_explain(error, host, place[1])) from error
    return int(probe.getsockname()[1])


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program. Choose one with --port, "
            f"for example --port {port + 1}; --port 0 takes any that is free."
        )
    return f"Nothing can listen on port {port} of {host}: {error.strerror}."


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
