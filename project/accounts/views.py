"""The ways to the entrance: there is one page to sign in and to sign up, and no password."""

from collections.abc import Callable
from functools import wraps

from allauth.account.utils import passthrough_next_redirect_url
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

ENTRANCE_PAGES = ["account_login", "account_request_login_code", "account_confirm_login_code"]


def keep_next[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Have ``view`` pass ``next`` on when it redirects to another page of the entrance.

    allauth forgets it after too many wrong codes, when a code is too old, and when a code is
    waiting already.
    """

    @wraps(view)
    def kept(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        target = response.headers.get("Location", "")
        if target in [resolve_url(name) for name in ENTRANCE_PAGES]:
            response.headers["Location"] = passthrough_next_redirect_url(args[0], target, "next")
        return response

    return kept


def refuse_by_status[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Have ``view`` answer 422 when it shows a form again that was sent; allauth says 200."""

    @wraps(view)
    def refused(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        request = args[0]
        if isinstance(request, HttpRequest) and request.method == "POST":
            response.status_code = 422 if response.status_code == 200 else response.status_code
        return response

    return refused


@require_safe
def entrance(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Lead to the entrance, with what the address says: ``next``, perhaps an e-mail address."""
    query = request.GET.urlencode()
    url = resolve_url("account_login")
    return HttpResponseRedirect(f"{url}?{query}" if query else url)


@require_safe
def ask_again(request: HttpRequest) -> HttpResponse:
    """Lead whoever's code is too old, or was mistyped too often, back to the entrance."""
    if not len(messages.get_messages(request)):
        messages.info(request, gettext("Please ask for a new code."))
    return entrance(request)
