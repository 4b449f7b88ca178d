"""Light or dark: what the visitor has chosen, or else what their system prefers.

The choice is a cookie that the server reads, so that a page arrives in its colors: nothing flashes,
no script is needed, and a visitor needs no session.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from project.htmx import HtmxRequest, came_from, redirect_browser, same_origin_only

COOKIE = "theme"
A_YEAR = 60 * 60 * 24 * 365  # seconds
THEMES = {"light", "dark"}


def theme_of(request: HttpRequest) -> str:
    """Return ``light`` or ``dark``, or nothing if the system shall decide."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in THEMES else ""


@same_origin_only
@require_POST
def theme(request: HtmxRequest) -> HttpResponse:
    """Show the shop in light or in dark from now on, or as the system does."""
    again: HttpResponse
    if request.htmx:
        again = HttpResponseClientRefresh()  # which keeps the place on the page
    else:
        again = redirect_browser(request, came_from(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        again.set_cookie(
            COOKIE,
            chosen,
            max_age=A_YEAR,
            httponly=True,
            secure=settings.SITE_IS_SECURE,
            samesite="Lax",
        )
    else:
        again.delete_cookie(COOKIE, samesite="Lax")
    return again
