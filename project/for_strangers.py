"""Answers that are the same for every stranger: what caches may keep, and how they know them.

A stranger is a visitor of whom the shop knows nothing but language and colors. What such a visitor
sees depends on the address, on these, and on htmx, and is kept by ``project.page_cache``; caches
before the shop may keep it too, and ask with each visit whether it still holds.
"""

import hashlib
from collections.abc import Collection
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from project.theme import COOKIE as THEME_COOKIE

FOR_ALL = "public, max-age=0, must-revalidate"
FOR_ONE = "private, no-cache"
# What is hung on links to learn where visitors come from. No page reads it.
TRACKING = ("utm_", "mc_", "pk_", "mtm_")
TRACKING_IDS = {"fbclid", "gclid", "msclkid", "dclid", "gbraid", "wbraid", "igshid", "ttclid"}


def are_strangers(cookies: Collection[str]) -> bool:
    """Return whether whoever sends cookies of these names is nobody that the shop knows.

    Anything else may be somebody's: a session, a message that waits, a token.
    """
    return all(name in (THEME_COOKIE, settings.LANGUAGE_COOKIE_NAME) for name in cookies)


def wishes_in(query: str) -> list[tuple[str, str]]:
    """Return what an address asks for, in one order whatever its own."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return sorted(
        (name, value)
        for name, value in pairs
        if name not in TRACKING_IDS and not name.startswith(TRACKING)
    )


def for_strangers(request: HttpRequest, response: HttpResponse, *, query: str = "") -> HttpResponse:
    """Let caches keep the answer if a stranger gets it; else let nobody but the browser.

    The caller knows that it depends on nothing but what is said above. ``query`` is the one that
    the page's address has: with any other, of which there are endlessly many, none is kept.
    """
    if not are_strangers(request.COOKIES) or _begins_something(request):
        response.headers["Cache-Control"] = FOR_ONE
    elif response.status_code == 200 and wishes_in(_query_of(request)) == wishes_in(query):
        digest = hashlib.blake2b(response.content, digest_size=16).hexdigest()
        response.headers["Cache-Control"] = FOR_ALL
        response.headers["ETag"] = f'"{digest}"'
    return response


def _query_of(request: HttpRequest) -> str:
    query: str = request.META.get("QUERY_STRING", "")
    return query


def _begins_something(request: HttpRequest) -> bool:
    """Return whether the answer brings a cookie: it holds a token, or a session was written."""
    has_token = request.META.get("CSRF_COOKIE_NEEDS_UPDATE", False)
    return bool(has_token or request.session.modified)
