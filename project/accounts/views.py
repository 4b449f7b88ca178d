"""Where people look after their account: what leads in, what guards it, where it is open."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url, passthrough_next_redirect_url
from allauth.core import ratelimit
from allauth.core.internal.httpkit import authenticated_user
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import add_webauthn
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from project.accounts.forms import CodeForm
from project.accounts.mfa import takes_second_step
from project.accounts.reauthentication import ReauthenticationCode, address_of
from project.headers import never_kept

RECOVERY_CODES = Authenticator.Type.RECOVERY_CODES


@require_safe
@login_required
@never_kept
def account_hub(request: HttpRequest) -> HttpResponse:
    """Show the ways into the account, what guards it, and where it is signed in."""
    user = authenticated_user(request)
    context = {
        "emails": EmailAddress.objects.filter(user=user).order_by("-primary", "email"),
        "accounts": SocialAccount.objects.filter(user=user).order_by("provider"),
        "can_connect": bool(settings.SOCIALACCOUNT_PROVIDERS),
        "sessions": UserSession.objects.filter(user=user).count(),
        "takes_second_step": takes_second_step(user),
        **_authenticators(user),
    }
    return render(request, "account/hub.html", context)


@require_safe
@login_required
def lead_to_hub(request: HttpRequest) -> HttpResponse:
    """Lead to the account's page, which lists what allauth has pages of its own for."""
    return redirect("account_hub")


@login_required
@never_kept
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Ask people who have nothing else to show for a code that we mail."""
    ways = get_adapter().get_reauthentication_methods(request.user)
    others = [way for way in ways if way["url"] != request.path]
    if len(others) == len(ways):
        return redirect(_with_next(request, ways[0]["url"]))
    if request.method == "POST":
        return _send_code(request) if "send" in request.POST else _take_code(request)
    code = ReauthenticationCode.pending(request)
    return _ask_for_code(request, CodeForm(code=code.code) if code else None, others)


@require_POST
@login_required
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Sign out here and in every other browser."""
    end_other_sessions(request, authenticated_user(request))
    get_adapter().logout(request)
    messages.success(request, gettext("You are signed out everywhere."))
    return redirect("catalog:course_list")


def add_passkey(request: HttpRequest) -> HttpResponse:
    """Add a passkey. Recovery codes come with it only for whom they are of use."""
    had_codes = _recovery_codes(request).exists()
    response: HttpResponse = add_webauthn(request)
    is_added = request.method == "POST" and response.status_code == 302
    if is_added and not had_codes and not takes_second_step(authenticated_user(request)):
        _recovery_codes(request).delete()
        return redirect("account_hub")
    return response


def _ask_for_code(
    request: HttpRequest, form: CodeForm | None, others: list[dict[str, Any]]
) -> HttpResponse:
    context = {
        "form": form,
        "email": address_of(request),
        "next": get_next_redirect_url(request) or "",
        "reauthentication_alternatives": [
            {**way, "url": _with_next(request, way["url"])} for way in others
        ],
    }
    return render(request, "account/reauthenticate_by_code.html", context)


def _send_code(request: HttpRequest) -> HttpResponse:
    if ratelimit.consume(request, action="request_login_code", key=address_of(request)):
        ReauthenticationCode.mail(request)
    else:
        messages.error(request, get_adapter().error_messages["rate_limited"])
    return redirect(_with_next(request, request.path))


def _take_code(request: HttpRequest) -> HttpResponse:
    """Do what was asked for before the code was, if it is the right one."""
    limited: HttpResponse | None = ratelimit.consume_or_429(
        request, action="reauthenticate", user=request.user
    )
    code = ReauthenticationCode.pending(request)
    if limited or not code:
        return limited or redirect(_with_next(request, request.path))
    form = CodeForm(request.POST, code=code.code)
    if form.is_valid():
        code.finish()
        return resume_request(request) or redirect("account_hub")
    if code.record_invalid_attempt():
        return _ask_for_code(request, form, [])
    messages.error(request, get_adapter().error_messages["too_many_login_attempts"])
    return redirect(_with_next(request, request.path))


def _with_next(request: HttpRequest, url: str) -> str:
    kept: str = passthrough_next_redirect_url(request, url, "next")
    return kept


def _authenticators(user: Any) -> dict[str, Any]:
    found = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    of_type = {
        kind: [one.wrap() for one in found if one.type == kind] for kind in Authenticator.Type
    }
    return {
        "passkeys": of_type[Authenticator.Type.WEBAUTHN],
        "app": next(iter(of_type[Authenticator.Type.TOTP]), None),
        "codes_left": sum(len(codes.get_unused_codes()) for codes in of_type[RECOVERY_CODES]),
    }


def _recovery_codes(request: HttpRequest) -> Any:
    return Authenticator.objects.filter(user_id=request.user.pk, type=RECOVERY_CODES)
