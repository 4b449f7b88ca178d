"""The switch in the footer: in which language the shop speaks to somebody."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from project.accounts.models import User
from project.htmx import HtmxRequest, came_from, same_origin_only
from project.languages import is_spoken


@same_origin_only
@require_POST
def language(request: HtmxRequest) -> HttpResponse:
    """Choose a language, and come back to the page. One that is not spoken changes nothing."""
    response = HttpResponseRedirect(_back(request), status=303)
    code = request.POST.get("language", "")
    if is_spoken(code):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
        if request.user.is_authenticated:
            request.user.speak(code)
    return response


def keep_choice(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Write to somebody who signs in, from now on, in the language that they are shown."""
    code = get_language() or ""
    if is_spoken(code) and code != user.language:
        user.speak(code)


def _back(request: HtmxRequest) -> str:
    """Return where to go: ``next`` if it is ours, else the page that holds the switch.

    That page says where it is only in ``Referer``: htmx changes its address after it was made.
    """
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else came_from(request)
