"""The control page, where people make things go wrong. It needs no script."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from checkout.sandbox import actions, currencies, faults, webhooks
from checkout.sandbox.control_forms import FORMS
from checkout.sandbox.errors import ApiError
from checkout.sandbox.models import ApiFault, CheckoutSession, Delivery, Event, WebhookEndpoint
from checkout.sandbox.switched_on import switched_on
from project.headers import never_kept

SHOWN = 10
# What a form starts with on the page, where the shop's own repetition is to fail as well.
INITIAL: dict[str, dict[str, Any]] = {
    "faults": {"call": "checkout.sessions.create", "times": 2, "seconds": 1},
    "clock": {"seconds": 0},
}


@require_safe
@never_kept
def controls(request: HttpRequest) -> HttpResponse:
    """Show what can be switched, what is on, and what has happened."""
    return _page(request)


@require_POST
@never_kept
def switch(request: HttpRequest, what: str) -> HttpResponse:
    """Switch something, or do it once."""
    if what not in FORMS:
        raise Http404
    form = FORMS[what](request.POST, auto_id=f"{what}_%s")
    if not form.is_valid():
        return _page(request, status=422, **{what: form})
    return _done(request, form.perform())


@require_POST
@never_kept
def switch_off(request: HttpRequest) -> HttpResponse:
    """Switch everything off."""
    faults.switch_off()
    webhooks.switch_off()
    return _done(request, "Everything works again.")


@require_POST
@never_kept
def switch_fault_off(request: HttpRequest, fault_id: int) -> HttpResponse:
    """Switch one fault off."""
    ApiFault.objects.filter(pk=fault_id).delete()
    return _done(request, "Switched off.")


@require_POST
@never_kept
def act(request: HttpRequest, session_id: str, action_name: str) -> HttpResponse:
    """Do something to a session."""
    session = get_object_or_404(CheckoutSession, pk=session_id)
    action = actions.named(action_name)
    if action is None:
        raise Http404
    try:
        action.do(session)
    except ApiError as refusal:
        messages.error(request, refusal.message)
        return _back()
    return _done(request, f"{action.label}: done.")


@require_POST
@never_kept
def resend(request: HttpRequest, event_id: str) -> HttpResponse:
    """Deliver an event again."""
    event = get_object_or_404(Event, pk=event_id)
    sent = webhooks.resend(event.pk)
    return _done(request, f"Sent again: {event.type}." if sent else "No endpoint wants to hear it.")


def recent_sessions() -> QuerySet[CheckoutSession]:
    """Return the newest sessions, with what was paid."""
    charge = "payment_intent__latest_charge"
    sessions = CheckoutSession.objects.select_related(charge)
    return sessions.prefetch_related(f"{charge}__disputes", f"{charge}__refunds")[:SHOWN]


def recent_events() -> QuerySet[Event]:
    """Return the newest events, with all attempts to tell of them."""
    return Event.objects.prefetch_related("deliveries")[:SHOWN]


def _page(request: HttpRequest, *, status: int = 200, **bound: Any) -> HttpResponse:
    context = {
        "forms": {name: bound.get(name) or _blank(name) for name in FORMS},
        "switched_on": switched_on(),
        "held": Delivery.objects.held().count(),
        "endpoint": WebhookEndpoint.objects.shops(),
        "sessions": [_session(session) for session in recent_sessions()],
        "events": recent_events(),
        "has_errors": bool(bound),
    }
    return render(request, "sandbox/controls.html", context, status=status)


def _blank(name: str) -> Any:
    return FORMS[name](initial=INITIAL.get(name), auto_id=f"{name}_%s")


def _session(session: CheckoutSession) -> dict[str, Any]:
    return {
        "row": session,
        "amount": currencies.display(session.amount_total, session.currency),
        "actions": actions.applicable(session),
    }


def _done(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return _back()


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("sandbox:controls"), status=303)
