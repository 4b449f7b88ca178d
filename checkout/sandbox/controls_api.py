"""The controls for programs in any language: JSON in, JSON out, with any ``sk_test_…`` key.

Below ``/sandbox/controls/api/``:

    GET                              what is switched on, and what has happened
    DELETE                           everything works again
    POST   faults                    {"call": "refunds.create", "fault": "timeout_after",
                                      "times": 1, "seconds": 0.5}
    DELETE faults, faults/{id}       all calls and payments, or one fault
    POST   payments                  {"fault": "another_amount", "amount": 100}
    POST   webhooks                  {"is_holding": true, "copies": 3, …}: the fields of
                                     ``Switches``; those not named stay as they are
    DELETE webhooks                  webhooks, the clock and the endpoint work again
    POST   clock                     {"seconds": -600}
    POST   secret                    {"active_for": 60} rolls it, {"is_restored": true} goes back
    POST   endpoint                  {"disabled": true}
    POST   tellings                  {"about": "unknown_session"} or "unknown_type"
    POST   deliveries/release        {"order": "reversed"}, "random" or "written"
    POST   events/{id}/resend        {}
    POST   sessions/{id}/{action}    {}; an action such as expire (``actions``)

Every answer is the state after it. Garbage gets a 4xx with ``{"error": "a sentence"}``.
"""

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import RequestDataTooBig
from django.forms.models import model_to_dict
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from checkout.sandbox import actions, faults, webhooks
from checkout.sandbox.control_forms import FORMS
from checkout.sandbox.controls import recent_events, recent_sessions
from checkout.sandbox.errors import ApiError
from checkout.sandbox.models import (
    ApiFault,
    CheckoutSession,
    Delivery,
    Event,
    PaymentFault,
    Switches,
    WebhookEndpoint,
)
from checkout.sandbox.objects import API_VERSION
from checkout.sandbox.switched_on import switched_on
from checkout.sandbox.transport import authenticate
from project.headers import never_kept

MAX_BODY = 64 * 1024  # bytes

type Given = dict[str, Any]
type Handler = Callable[..., None]


def _view(**handlers: Handler) -> Callable[..., JsonResponse]:
    """Return a view that has each method done by its function, and answers with the state."""

    @csrf_exempt
    @never_kept
    def view(request: HttpRequest, **place: Any) -> JsonResponse:
        try:
            authenticate(request.headers.get("Authorization", ""))
            handler = handlers.get(request.method or "")
            if handler is None:
                raise ApiError(f"There is no {request.method} here.", status=405)
            handler(_given(request), **place)
        except ApiError as error:
            return JsonResponse({"error": error.message}, status=error.status)
        return JsonResponse(state())

    return view


def state() -> dict[str, Any]:
    """Return what is switched on, and what has happened."""
    endpoint = WebhookEndpoint.objects.shops()
    return {
        "api_version": API_VERSION,
        "calls": ["*", *faults.known_calls()],
        "switched_on": [each.sentence for each in switched_on()],
        "faults": [model_to_dict(fault) for fault in ApiFault.objects.all()],
        "payments": [model_to_dict(fault) for fault in PaymentFault.objects.all()],
        "webhooks": model_to_dict(Switches.current(), exclude=["id"]),
        "endpoint": {"id": endpoint.pk, "status": endpoint.status, "secrets": endpoint.secrets},
        "held": Delivery.objects.held().count(),
        "sessions": [_session(session) for session in recent_sessions()],
        "events": [_event(event) for event in recent_events()],
    }


def _look(given: Given) -> None:
    """Change nothing."""


def _switch(given: Given, *, what: str) -> None:
    if what not in FORMS:
        raise ApiError(f"There is no switch called {what}.", status=404)
    form = FORMS[what](data=_completed(FORMS[what](), given))
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise ApiError(f"{name}: {problems[0]}")
    form.perform()


def _switch_off(given: Given, *, what: str = "") -> None:
    if what not in ("", "faults", "webhooks"):
        raise ApiError(f"{what} cannot be switched off by itself.", status=404)
    if what != "webhooks":
        faults.switch_off()
    if what != "faults":
        webhooks.switch_off()


def _switch_fault_off(given: Given, *, fault_id: int) -> None:
    if not ApiFault.objects.filter(pk=fault_id).delete()[0]:
        raise ApiError("No such fault is switched on.", status=404)


def _release(given: Given) -> None:
    _switch(given, what="releases")


def _resend(given: Given, *, event_id: str) -> None:
    try:
        webhooks.resend(event_id)
    except Event.DoesNotExist as error:
        raise ApiError("No such event.", status=404) from error


def _act(given: Given, *, session_id: str, action_name: str) -> None:
    session = CheckoutSession.objects.filter(pk=session_id).first()
    action = actions.named(action_name)
    if session is None or action is None:
        raise ApiError("No such session, or no such action.", status=404)
    action.do(session)


def _given(request: HttpRequest) -> Given:
    """Return the body, which is a JSON object or empty."""
    try:
        body = request.body
        given = json.loads(body) if body and len(body) <= MAX_BODY else {}
    except (ValueError, RecursionError, RequestDataTooBig, OSError) as error:
        raise ApiError("The body is not JSON.") from error
    if len(body) > MAX_BODY:
        raise ApiError("The body is too large.", status=413)
    if not isinstance(given, dict):
        raise ApiError("The body is not a JSON object.")
    return given


def _completed(form: forms.BaseForm, given: Given) -> Given:
    """Return the form's data, with what it starts from where nothing is given."""
    for name, value in given.items():
        if name not in form.fields:
            raise ApiError(f"{name[:100]} is not known here. Known are: {', '.join(form.fields)}.")
        if isinstance(form.fields[name], forms.BooleanField) and not isinstance(value, bool):
            raise ApiError(f"{name} is true or false.")
        if isinstance(value, (dict, list)):
            raise ApiError(f"{name} is a single value.")
    return {
        name: form.get_initial_for_field(field, name) for name, field in form.fields.items()
    } | given


def _session(session: CheckoutSession) -> dict[str, Any]:
    return {
        "id": session.pk,
        "status": session.status,
        "payment_status": session.payment_status,
        "amount_total": session.amount_total,
        "currency": session.currency,
        "actions": [action.name for action in actions.applicable(session)],
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.pk,
        "type": event.type,
        "created_at": event.created_at,
        "deliveries": [_delivery(delivery) for delivery in event.deliveries.all()],
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    names = "url series attempt state next_try_at sent_at response_status response duration error"
    return {name: getattr(delivery, name) for name in names.split()}


state_view = _view(GET=_look, DELETE=_switch_off)
switch_view = _view(POST=_switch, DELETE=_switch_off)
fault_view = _view(DELETE=_switch_fault_off)
release_view = _view(POST=_release)
resend_view = _view(POST=_resend)
action_view = _view(POST=_act)
