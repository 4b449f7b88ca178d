"""One URL, a page or a fragment: how views answer htmx and browsers alike."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from project.accounts.models import User
from project.headers import vary_on

SAFE = ("GET", "HEAD")  # methods that change nothing
VARY = ["HX-Request", "HX-Boosted", "HX-History-Restore-Request", "HX-Request-Type"]


class HtmxRequest(HttpRequest):
    """A request as the middleware leaves it: with ``htmx`` and a ``user``."""

    htmx: HtmxDetails
    user: User | AnonymousUser


class SignedInRequest(HtmxRequest):
    """A request of somebody who is signed in."""

    user: User


def wants_part(request: HtmxRequest) -> bool:
    """Return whether htmx asks for a fragment.

    Boosted links and restored history entries come from htmx too, but they replace the page.
    """
    # Most pages browsers ask for by themselves, and the headers need not be put together for them.
    if "HTTP_HX_REQUEST" not in request.META or not (htmx := request.htmx):
        return False
    is_full = request.headers.get("HX-Request-Type") == "full"
    return not htmx.boosted and not htmx.history_restore_request and not is_full


def render_part(
    request: HtmxRequest,
    template: str,
    part: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Render one partial of ``template`` for htmx, or the whole page otherwise."""
    name = f"{template}#{part}" if wants_part(request) else template
    response = render(request, name, context, status=status)
    vary_on(response, VARY)
    return response


def redirect_browser(request: HtmxRequest, url: str) -> HttpResponse:
    """Send the browser to ``url``: 303, or for htmx 200 with ``HX-Redirect``.

    htmx follows a plain redirect by itself and would put what it finds into a fragment, and it
    cannot follow one to the gateway at all (another origin).
    """
    if request.htmx:
        return HttpResponseClientRedirect(url)
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def sign_in_first(request: HtmxRequest, *, next_url: str = "") -> HttpResponse:
    """Ask the visitor to sign in, and to come back afterwards.

    They come back to ``next_url``, or else to the page they look at: never to a fragment, and
    never to a URL that only takes a POST.
    """
    if not next_url:
        here = request.get_full_path() if request.method == "GET" else "/"
        next_url = _page_of(request) or here
    login = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': next_url})}"
    return redirect_browser(request, login)


def _page_of(request: HtmxRequest) -> str | None:
    """Return the page from which htmx asks. Garbage in its header is no page."""
    try:
        return request.htmx.current_url_abs_path if request.htmx else None
    except ValueError:
        return None


def login_required[**P](
    view: Callable[Concatenate[SignedInRequest, P], HttpResponse],
) -> Callable[Concatenate[HtmxRequest, P], HttpResponse]:
    """Let only people who are signed in reach ``view``."""

    @wraps(view)
    def guarded(request: HtmxRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(cast("SignedInRequest", request), *args, **kwargs)
        return sign_in_first(request)

    return guarded


def came_from(request: HttpRequest) -> str:
    """Return the path of the page that sent the form, or the catalog's.

    The page's own address, even if htmx has changed it since: not a field of the form, which would
    know only where the page began.
    """
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(referer)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"


def same_origin_only[**P](
    view: Callable[Concatenate[HtmxRequest, P], HttpResponse],
) -> Callable[Concatenate[HtmxRequest, P], HttpResponse]:
    """Refuse what another site sends. For forms on pages that must not set a CSRF cookie.

    They stay good when somebody signs in or out in another window, which makes tokens worthless.
    To look is free: an address that somebody types comes from no site.

    Browsers say where a request comes from in ``Sec-Fetch-Site``, and older ones in ``Origin``;
    what says neither is no browser, and carries nobody's cookies.
    """

    @wraps(view)
    def guarded(request: HtmxRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method not in SAFE and _comes_from_elsewhere(request):
            return HttpResponseForbidden("This request came from another site.")
        return view(request, *args, **kwargs)

    return csrf_exempt(guarded)


def _comes_from_elsewhere(request: HtmxRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site != "same-origin"
    origin = request.headers.get("Origin")
    try:
        return origin is not None and urlsplit(origin).netloc != request.get_host()
    except ValueError:
        return True
