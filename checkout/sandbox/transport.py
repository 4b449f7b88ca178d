"""How the API is spoken to: keys, headers, idempotency, and errors in Stripe's envelope.

Sources: Stripe, API, "Authentication", "Idempotent requests", "Errors".
"""

import base64
import binascii
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from checkout.sandbox import errors, faults, idempotency, ids, parameters
from checkout.sandbox.errors import ApiError
from checkout.sandbox.events import Cause
from checkout.sandbox.expansion import Json, resolve
from checkout.sandbox.hanging_up import hang_up
from checkout.sandbox.models import ApiFault
from checkout.sandbox.objects import API_VERSION

logger = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024  # bytes
MAX_KEY = 255  # characters

# What ``Stripe-Should-Retry`` says. To repeat a 500 would only replay it; of the rest the SDK
# decides by itself, and it does not repeat a 429 (stripe-python: ``HTTPClient._should_retry``).
RETRY_ADVICE = {400: "false", 402: "false", 409: "true", 500: "false", 503: "true"}

type Endpoint = Callable[..., Json]
type View = Callable[..., HttpResponse]


@dataclass
class Call:
    """One request to the API, understood."""

    method: str
    path: str
    request_id: str = field(default_factory=ids.request_id)
    version: str = API_VERSION
    idempotency_key: str = ""
    form: parameters.Form = field(default_factory=dict)
    expand: list[str] = field(default_factory=list)

    @property
    def cause(self) -> Cause:
        """Return what events say of their origin."""
        return Cause(request_id=self.request_id, idempotency_key=self.idempotency_key)

    def checked(self, params_type: str) -> dict[str, Any]:
        """Return the parameters, checked against one of the SDK's types."""
        params = parameters.check(self.form, params_type)
        self.expand = params.pop("expand", [])
        return params


def endpoint(**handlers: Endpoint) -> View:
    """Return a view that answers each method with its function, such as ``GET=retrieve``.

    It needs no cookie and sets none, so there is nothing to forge a request with.
    """

    @csrf_exempt
    def view(request: HttpRequest, **place: str) -> HttpResponse:
        call = Call(method=request.method or "", path=request.path)
        try:
            _read(request, call)
            handler = handlers.get(call.method)
            if handler is None:
                raise errors.unknown_url(call.method, call.path)
            fault = faults.take(faults.call_name(call.method, _route(request)))
            faults.before(fault)
            reply = idempotency.once(call, lambda: _perform(call, handler, place, fault))
            reply = faults.after(fault, reply)
        except faults.NoAnswer:
            return hang_up(request)
        except ApiError as error:
            reply = _refusal(call, error)
        except Exception:
            logger.exception("request %s failed", call.request_id)
            reply = _refusal(call, errors.internal_error())
        return _respond(call, reply)

    vars(view)["methods"] = list(handlers)  # which faults are switched by
    return view


def _route(request: HttpRequest) -> str:
    return request.resolver_match.route if request.resolver_match else ""


def _perform(
    call: Call, handler: Endpoint, place: dict[str, str], fault: ApiFault | None
) -> idempotency.Reply:
    return faults.instead(
        fault, lambda: _answer(call, handler, place), _refusal(call, errors.failure())
    )


def _answer(call: Call, handler: Endpoint, place: dict[str, str]) -> idempotency.Reply:
    try:
        tree = resolve(handler(call, **place), call.expand)
    except ApiError as error:
        if not error.is_kept:
            raise
        return _refusal(call, error)
    return idempotency.Reply(200, json.dumps(tree, indent=2), call.request_id)


def _refusal(call: Call, error: ApiError) -> idempotency.Reply:
    return idempotency.Reply(error.status, json.dumps(error.envelope(), indent=2), call.request_id)


def _respond(call: Call, reply: idempotency.Reply) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, content_type="application/json")
    response["Request-Id"] = call.request_id
    response["Stripe-Version"] = call.version
    response["Cache-Control"] = "no-cache, no-store"
    if call.idempotency_key:
        response["Idempotency-Key"] = call.idempotency_key
        response["Original-Request"] = reply.request_id
    if reply.is_replayed:
        response["Idempotent-Replayed"] = "true"
    if reply.status == 401:
        response["WWW-Authenticate"] = 'Basic realm="Stripe"'
    if reply.status == 429:
        response["Stripe-Rate-Limited-Reason"] = "global-rate"
    if reply.status in RETRY_ADVICE:
        response["Stripe-Should-Retry"] = RETRY_ADVICE[reply.status]
    return response


def _read(request: HttpRequest, call: Call) -> None:
    authenticate(request.headers.get("Authorization", ""))
    call.version = _version(request.headers.get("Stripe-Version", API_VERSION))
    if call.method == "POST":
        call.idempotency_key = _key(request.headers.get("Idempotency-Key", ""))
    query = request.META.get("QUERY_STRING", "").encode(errors="replace")
    call.form = parameters.decode(_body(request) if call.method == "POST" else query)


def authenticate(header: str) -> None:
    """Raise ``ApiError`` unless an ``Authorization`` header has a test key in it."""
    scheme, _, credentials = header.partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        key = _basic_user(key)
    elif scheme.lower() != "bearer":
        key = ""
    if not key:
        raise ApiError(
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY').",
            status=401,
        )
    if key.startswith(("sk_live_", "rk_live_")):
        raise ApiError("This is the sandbox: it refuses live keys. Keep yours secret.", status=401)
    if not re.fullmatch(r"sk_test_\w+", key, re.ASCII):
        raise ApiError(
            "Invalid API Key provided. The sandbox accepts any sk_test_… key.", status=401
        )


def _basic_user(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


def _version(header: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(\.\w{1,30})?", header, re.ASCII):
        raise ApiError(f"Invalid Stripe API version: {header[:50]}")
    return header


def _key(header: str) -> str:
    if len(header) > MAX_KEY:
        raise ApiError(f"An idempotency key can have up to {MAX_KEY} characters.")
    if not (header.isprintable() and header.isascii()):
        raise ApiError("An idempotency key is made of printable ASCII characters.")
    return header


def _body(request: HttpRequest) -> bytes:
    too_large = ApiError("The request's body is larger than 1 MB.", status=413)
    try:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MAX_BODY:
            raise too_large
        body = request.body
    except RequestDataTooBig as error:
        raise too_large from error
    except UnreadablePostError as error:
        raise ApiError("The request's body could not be read.") from error
    if len(body) > MAX_BODY:
        raise too_large
    return body
