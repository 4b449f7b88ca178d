"""Which browsers people sign in with, and how: a new one is told of by mail.

A browser is known by a random cookie that it gets when somebody first signs in with it. The
database keeps only its hash, one for each person, so that nobody can be recognized, or followed
from one account to another, by what is kept there.
"""

import re
import secrets
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from project.accounts.models import KnownBrowser, User

COOKIE_AGE = 60 * 60 * 24 * 365  # seconds
PREFIX = "__Host-" if settings.SITE_IS_SECURE else ""
BROWSER_COOKIE, METHOD_COOKIE = f"{PREFIX}browser", f"{PREFIX}signed_in_by"
TOKEN = re.compile(r"[\w-]{43}")
METHOD = re.compile(r"[a-z_]{1,40}")


def remember_browser(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Give a browser its cookies in the answer to signing in, and at no other time."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in getattr(request, "cookies_of_sign_in", {}).items():
            response.set_cookie(
                name,
                value,
                max_age=COOKIE_AGE,
                secure=settings.SITE_IS_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return middleware


def note_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Remember browser and method; write to whoever has signed in before, with other browsers."""
    given = request.COOKIES.get(BROWSER_COOKIE, "")
    token = given if TOKEN.fullmatch(given) else secrets.token_urlsafe(32)
    if KnownBrowser.objects.note(user, token) and user.known_browsers.count() > 1:
        context = {"browser": describe(request.META.get("HTTP_USER_AGENT", ""))}
        get_adapter().send_notification_mail("account/email/new_browser", user, context)
    cookies = {BROWSER_COOKIE: token, METHOD_COOKIE: _method(request, user)}
    request.cookies_of_sign_in = cookies  # type: ignore[attr-defined]


def last_method(request: HttpRequest) -> str:
    """Return how this browser last signed in: a provider's id, ``code`` or the like."""
    method = request.COOKIES.get(METHOD_COOKIE, "")
    return method if METHOD.fullmatch(method) else ""


def _method(request: HttpRequest, user: User) -> str:
    for record in reversed(get_authentication_records(request, user)):
        match record:
            case {"method": "socialaccount", "provider": provider}:
                return str(provider)
            case {"method": "mfa", "passwordless": True}:
                return "passkey"
            case {"method": "password" | "password_reset"}:
                return "password"
            case {"method": "code"}:
                return "code"
    return "passkey"  # which opened the account a moment ago


BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrom": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def describe(user_agent: str) -> str:
    """Return what people call the browser, such as “Firefox, Windows”, or an empty text."""
    found = [
        next((name for sign, name in names.items() if sign in user_agent), "")
        for names in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, found))
