"""Which mail I get: choosing it when signed in, and stopping it from a message."""

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from project.accounts.optional_mail import (
    KINDS,
    UnknownLink,
    choices_of,
    choose,
    read_stop_token,
)
from project.headers import never_kept
from project.htmx import HtmxRequest, SignedInRequest, login_required, redirect_browser


class ChoiceForm(forms.Form):
    """One kind of mail, wanted or not."""

    kind = forms.ChoiceField(choices=[(name, name) for name in KINDS])
    wanted = forms.TypedChoiceField(choices=[("1", "1"), ("0", "0")], coerce="1".__eq__)


@require_http_methods(["GET", "HEAD", "POST"])
@never_kept
@login_required
def mail_preferences(request: SignedInRequest) -> HttpResponse:
    """Choose which mail I get besides what has to be."""
    form = ChoiceForm(request.POST or None)
    if form.is_valid():
        kind = KINDS[form.cleaned_data["kind"]]
        choose(request.user, kind, is_wanted=form.cleaned_data["wanted"])
        return redirect_browser(request, reverse("accounts:mail_preferences"))
    context = {"choices": choices_of(request.user)}
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/mail/preferences.html", context, status=status)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_kept
def mail_stop(request: HtmxRequest, token: str) -> HttpResponse:
    """Stop one kind of mail from a message, without signing in (RFC 8058).

    The signed address is the proof, for mail programs bring neither cookie nor token. To look
    changes nothing: programs that check links would stop the mail of whoever receives it.
    """
    try:
        user, kind = read_stop_token(token)
    except UnknownLink as error:
        raise Http404("Nobody's mail is stopped here.") from error
    if request.method == "POST":
        choose(user, kind, is_wanted=False)
    context = {"kind": kind, "is_stopped": not dict(choices_of(user))[kind]}
    return render(request, "accounts/mail/stop.html", context)
