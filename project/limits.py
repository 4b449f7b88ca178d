"""How often one may do a thing, counted in PostgreSQL, and so for all processes together.

A window begins at the same moment for everybody: simple, exact under any number of threads, and one
short statement a request. Whoever does it is kept as a keyed hash only, and for a day at most.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from ipaddress import ip_address, ip_network
from typing import Concatenate

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.utils.crypto import salted_hmac

from project.clearing import clear
from project.errors import too_many_requests
from project.htmx import HtmxRequest
from project.jobs import periodic
from project.models import Tally
from project.statement import Statement

IPV6_SITE = 64  # bits: what one customer of a provider is given, and may choose addresses from

_COUNT = Statement(f"""
    INSERT INTO {Tally._meta.db_table} (key, ends_at, hits) VALUES (%s, %s, 1)
    ON CONFLICT (key, ends_at) DO UPDATE SET hits = {Tally._meta.db_table}.hits + 1
    RETURNING hits
""")  # noqa: S608  the name of a table of ours


@dataclass(frozen=True)
class Limit:
    """So many ``times`` in each window of so many ``seconds``."""

    action: str
    times: int
    seconds: int

    def wait(self, who: str) -> int:
        """Count one try of ``who``; return how many seconds to wait, 0 if the try is allowed."""
        now = int(time.time())
        ends_at = now - now % self.seconds + self.seconds
        key = salted_hmac("project.limits", f"{self.action} {who}", algorithm="sha256")
        [(hits,)] = _COUNT.rows(connection, [key.hexdigest()[:32], ends_at])
        return ends_at - now if hits > self.times else 0


def address_of(request: HtmxRequest) -> str:
    """Return where the request comes from: the address, or an IPv6 customer's whole network.

    uvicorn has put the visitor's in ``REMOTE_ADDR``, as far as it trusts the proxy.
    """
    text: str = request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if address.version == 4:
        return str(address)
    return str(ip_network((address, IPV6_SITE), strict=False))


def limited[**P](
    limit: Limit, *, by: Callable[..., str] = address_of
) -> Callable[
    [Callable[Concatenate[HtmxRequest, P], HttpResponse]],
    Callable[Concatenate[HtmxRequest, P], HttpResponse],
]:
    """Let ``view`` be sent forms only so often. To look is free.

    ``by`` says whose tries count together. Past the limit the answer is 429 and nothing is done.
    """

    def guard(
        view: Callable[Concatenate[HtmxRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HtmxRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HtmxRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            wait = 0
            if settings.RATE_LIMITS and request.method == "POST":
                wait = limit.wait(by(request))
            return too_many_requests(request, wait) if wait else view(request, *args, **kwargs)

        return guarded

    return guard


@periodic("53 * * * *")
def forget_tallies() -> None:
    """Forget the windows that are over."""
    clear(Tally.objects.filter(ends_at__lt=int(time.time())))
