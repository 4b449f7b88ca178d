"""The entrance: one page to sign in and to sign up, and the ways that lead to it."""

from collections.abc import Callable
from functools import wraps

from allauth.account import views as allauth_views
from allauth.account.utils import passthrough_next_redirect_url
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from project.accounts.browsers import last_method
from project.accounts.forms import EntranceForm, PasswordEntranceForm

ENTRANCE_PAGES = ["account_login", "account_request_login_code", "account_confirm_login_code"]
PASSWORD = "account_login_by_password"  # noqa: S105  a page

_by_code = allauth_views.LoginView.as_view(form_class=EntranceForm)
_by_password = allauth_views.LoginView.as_view(
    form_class=PasswordEntranceForm, template_name="account/login_by_password.html"
)


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


@refuse_by_status
@keep_next
def login(request: HttpRequest) -> HttpResponse:
    """Offer every way in, the one that was taken last marked; mail a code to an address."""
    response: HttpResponse = _by_code(request)
    _tell(response, last_method=last_method(request), password_url=_way(request, PASSWORD))
    return response


@refuse_by_status
@keep_next
def login_by_password(request: HttpRequest) -> HttpResponse:
    """Let those in who have set a password."""
    response: HttpResponse = _by_password(request)
    _tell(response, forgotten_url=_way(request, "account_reset_password"))
    return response


@refuse_by_status
@keep_next
def confirm_login_code(request: HttpRequest) -> HttpResponse:
    """Take the code that was mailed."""
    response: HttpResponse = allauth_views.confirm_login_code(request)
    return response


@require_safe
def lead_in(request: HttpRequest) -> HttpResponse:
    """Lead to the entrance, with what the address says: ``next``, perhaps an e-mail address."""
    query = request.GET.urlencode()
    url = resolve_url("account_login")
    return HttpResponseRedirect(f"{url}?{query}" if query else url)


@require_safe
def ask_again(request: HttpRequest) -> HttpResponse:
    """Lead whoever's code is too old, or was mistyped too often, back to the entrance."""
    if not len(messages.get_messages(request)):
        messages.info(request, gettext("Please ask for a new code."))
    return lead_in(request)


def _way(request: HttpRequest, name: str) -> str:
    """Return the address of another way in, which leads to the same place in the end."""
    url: str = passthrough_next_redirect_url(request, resolve_url(name), "next")
    return url


def _tell(response: HttpResponse, **facts: str) -> None:
    """Add to what the page knows, if it is one and not a redirect."""
    if isinstance(response, TemplateResponse) and response.context_data is not None:
        response.context_data.update(facts)
