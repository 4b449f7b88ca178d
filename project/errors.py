"""What people see when something is refused, missing or broken.

htmx puts no error into the page (templates/base.html): it gets the status and a short text, and
static/js/app.js says so in a toast.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext_lazy as _

from project.headers import vary_on
from project.htmx import came_from
from project.languages import speaking

RETRY_AFTER = 60  # seconds

SHORT_TEXTS = {
    400: _("That request cannot be understood."),
    403: _("This is not for your account."),
    404: _("There is nothing here."),
    429: _("Too many tries. Please wait a minute."),
    500: _("Something went wrong on our side. Please try again."),
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Refuse a request that is broken, or that names a host which is not ours.

    Without the shop around it: the request came no further than the first middleware.
    """
    return _without_shop(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that this page is not for this account."""
    return _in_shop(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is nothing at this address."""
    return _in_shop(request, 404)


def too_many_requests(request: HttpRequest, retry_after: int = RETRY_AFTER) -> HttpResponse:
    """Ask for patience, in seconds. allauth looks for this as ``handler429``."""
    response = _in_shop(request, 429)
    response.headers["Retry-After"] = str(retry_after)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Say sorry, with nothing that could be broken as well: no database, no session."""
    return _without_shop(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Ask for the form again: signing in or out in another tab has made this one's out of date.

    htmx loads the page anew, and with it the form.
    """
    if request.headers.get("HX-Request"):
        return HttpResponse(status=403, headers={"HX-Refresh": "true"})
    return render(request, "403_csrf.html", {"back": came_from(request)}, status=403)


def _in_shop(request: HttpRequest, status: int) -> HttpResponse:
    if request.headers.get("HX-Request"):
        response = _short(status)
    else:
        response = render(request, f"{status}.html", {"back": came_from(request)}, status=status)
    vary_on(response, ["HX-Request"])
    return response


def _without_shop(request: HttpRequest, status: int) -> HttpResponse:
    # What is broken may be before the middleware that speaks the visitor's language.
    with speaking(get_language_from_request(request)):
        if request.headers.get("HX-Request"):
            return _short(status)
        return HttpResponse(render_to_string(f"{status}.html"), status=status)


def _short(status: int) -> HttpResponse:
    text = str(SHORT_TEXTS[status])
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
