"""My data: taking it along, and leaving."""

from collections.abc import Callable
from typing import Concatenate, cast

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from project.accounts.models import DataExport
from project.accounts.my_data.deletion import CannotDelete, delete_account, objections_to
from project.accounts.my_data.export import KEPT, request_export
from project.headers import never_kept
from project.htmx import HtmxRequest, SignedInRequest, login_required
from project.limits import Limit, limited

EXPORTS = Limit("export", times=3, seconds=3600)


def who(request: HtmxRequest) -> str:
    """Return whose tries count together."""
    return str(request.user.pk)


def proven[**P](
    view: Callable[Concatenate[SignedInRequest, P], HttpResponse],
) -> Callable[Concatenate[SignedInRequest, P], HttpResponse]:
    """Let people reach ``view`` who have shown a moment ago that it is them."""
    return cast(
        "Callable[Concatenate[SignedInRequest, P], HttpResponse]", reauthentication_required(view)
    )


@require_safe
@never_kept
@login_required
def my_data(request: SignedInRequest) -> HttpResponse:
    """Show what can be done with what the shop knows of me."""
    export = DataExport.objects.of(request.user).without_archive().first()
    context = {"export": export, "objections": objections_to(request.user), "days": KEPT.days}
    return render(request, "accounts/my_data/page.html", context)


@require_POST
@limited(EXPORTS, by=who)
@login_required
@proven
def export(request: SignedInRequest) -> HttpResponse:
    """Have my data put together."""
    request_export(request.user)
    messages.success(
        request, _("We are putting your data together, and mail you when it is ready.")
    )
    return redirect("accounts:my_data")


@require_safe
@never_kept
@login_required
@proven
def archive(request: SignedInRequest) -> HttpResponse:
    """Download my data."""
    export = DataExport.objects.of(request.user).ready().first()
    if export is None or export.archive is None:
        raise Http404("There is no archive.")
    day = timezone.localdate(export.ready_at).isoformat()
    return HttpResponse(
        bytes(export.archive),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="my-data-{day}.zip"'},
    )


class DeletionForm(forms.Form):
    """Asks for the address, so that nobody deletes an account by a slip."""

    email = forms.CharField(
        label=gettext_lazy("Your e-mail address"),
        widget=forms.EmailInput({"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, *args: object, expected: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.expected = expected

    def clean_email(self) -> str:
        """Refuse any other address."""
        typed: str = self.cleaned_data["email"].strip().lower()
        if typed != self.expected:
            raise forms.ValidationError(_("That is not the address of this account."))
        return typed


@require_http_methods(["GET", "HEAD", "POST"])
@never_kept
@login_required
@proven
def deletion(request: SignedInRequest) -> HttpResponse:
    """Say what deleting my account means, and do it."""
    form = DeletionForm(request.POST or None, expected=request.user.email)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "objections": objections_to(request.user)}
        status = 422 if request.method == "POST" else 200
        return render(request, "accounts/my_data/deletion.html", context, status=status)
    try:
        delete_account(request.user)
    except CannotDelete as error:
        messages.error(request, str(error))
        return redirect("accounts:my_data")
    logout(request)
    messages.success(request, _("Your account is deleted. Take care."))
    return redirect("catalog:course_list")
