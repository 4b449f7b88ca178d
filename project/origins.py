"""Where a request comes from: for forms on pages that must not set a CSRF cookie."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate
from urllib.parse import urlsplit

from django.http import HttpResponse, HttpResponseForbidden
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from project.htmx import HtmxRequest


def same_origin_only[**P](
    view: Callable[Concatenate[HtmxRequest, P], HttpResponse],
) -> Callable[Concatenate[HtmxRequest, P], HttpResponse]:
    """Refuse what another site sends. For forms on pages that must not set a CSRF cookie.

    Browsers say where a request comes from in ``Sec-Fetch-Site``, and older ones in ``Origin``;
    what says neither is no browser, and carries nobody's cookies.
    """

    @wraps(view)
    def guarded(request: HtmxRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if _comes_from_elsewhere(request):
            return HttpResponseForbidden(gettext("This request came from another site."))
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
