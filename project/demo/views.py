"""The demo's mailbox, which saves everybody from reading a terminal."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from project.demo.authenticator import OWNER, current_code
from project.demo.models import DemoMail
from project.headers import never_kept
from project.htmx import HtmxRequest, render_part

MAILS_SHOWN = 50


@require_safe
@never_kept
def mailbox(request: HtmxRequest) -> HttpResponse:
    """Show every message that the shop sent, the newest first, with its sign-in code."""
    context = {**_mails(), **_app()}
    return render_part(request, "demo/mailbox.html", "stage", context)


@require_safe
@never_kept
def mail_list(request: HtmxRequest) -> HttpResponse:
    """Show the messages alone, for the mailbox that renews itself."""
    return _unless_seen(request, "demo/mailbox.html#mails")


@require_safe
@never_kept
def newest_mail(request: HtmxRequest) -> HttpResponse:
    """Show the newest message in the demo's bar."""
    return _unless_seen(request, "demo/_bar.html#newest")


@require_safe
@never_kept
def authenticator(request: HttpRequest) -> HttpResponse:
    """Show what the owner's authenticator app shows now."""
    return render(request, "demo/_authenticator.html", _app())


@require_safe
def mail(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show one message."""
    context = {"mail": get_object_or_404(DemoMail, pk=pk)}
    return render_part(request, "demo/mail.html", "stage", context)


def _unless_seen(request: HtmxRequest, template: str) -> HttpResponse:
    """Answer 204 while nothing has come since the message that ``seen`` names."""
    context = _mails()
    if request.GET.get("seen") == str(context["seen"]):
        return HttpResponse(status=204)
    return render(request, template, context)


def _app() -> dict[str, str]:
    return {"owner": OWNER, "app_code": current_code()}


def _mails() -> dict[str, object]:
    mails = list(DemoMail.objects.all()[:MAILS_SHOWN])
    newest = mails[0] if mails else None
    return {
        "mails": mails,
        "newest": newest,
        "seen": newest.pk if newest else 0,
        "count": DemoMail.objects.count(),
    }
