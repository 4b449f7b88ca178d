"""Doing a request once, however often it is sent (Stripe: API, idempotent requests)."""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.db import transaction

from checkout.sandbox import errors
from checkout.sandbox.errors import ApiError
from checkout.sandbox.models import IdempotentRequest
from checkout.sandbox.parameters import Form

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """An answer: ``request_id`` is that of the request which was really done."""

    status: int
    body: str
    request_id: str
    is_replayed: bool = False


class Request(Protocol):
    """What of a request decides whether it is the same as another one."""

    method: str
    path: str
    form: Form
    request_id: str
    idempotency_key: str


def once(request: Request, work: Callable[[], Reply]) -> Reply:
    """Do the work, or return what came of it the first time; raise ``ApiError`` if refused.

    The work and the kept answer are one transaction: what was answered is what happened.
    """
    if not request.idempotency_key:
        return work()
    with transaction.atomic():
        if not IdempotentRequest.try_lock(request.idempotency_key):
            raise _key_in_use(request)
        kept = IdempotentRequest.objects.current().filter(pk=request.idempotency_key).first()
        if kept:
            return _replay(kept, request)
        reply = _do(work, request)
        IdempotentRequest(
            key=request.idempotency_key,
            path=request.path,
            fingerprint=_fingerprint(request),
            request_id=request.request_id,
            status=reply.status,
            body=reply.body,
        ).save()  # in the place of a forgotten one with the same key
        return reply


def _do(work: Callable[[], Reply], request: Request) -> Reply:
    """Do the work; keep the answer of a failure too, since to the caller it may be half done."""
    try:
        with transaction.atomic():
            return work()
    except ApiError:
        raise
    except Exception:
        logger.exception("request %s failed", request.request_id)
        error = errors.internal_error()
        return Reply(error.status, json.dumps(error.envelope(), indent=2), request.request_id)


def _replay(kept: IdempotentRequest, request: Request) -> Reply:
    if kept.path != request.path:
        raise ApiError(
            "Keys for idempotent requests can only be used for the same endpoint they were "
            f"first used for ('{kept.path}' vs '{request.path}'). Try using a key other than "
            f"'{kept.key}' if you meant to execute a different request.",
            kind=errors.IDEMPOTENCY_ERROR,
        )
    if kept.fingerprint != _fingerprint(request):
        raise ApiError(
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{kept.key}' if you meant to execute "
            "a different request.",
            kind=errors.IDEMPOTENCY_ERROR,
        )
    return Reply(kept.status, kept.body, kept.request_id, is_replayed=True)


def _key_in_use(request: Request) -> ApiError:
    return ApiError(
        "There is currently another in-progress request using this Idempotency Key (that "
        "probably means you submitted twice, and the other request is still going through): "
        f"{request.idempotency_key}. Please try again later.",
        status=409,
        code="idempotency_key_in_use",
    )


def _fingerprint(request: Request) -> str:
    return hashlib.sha256(json.dumps(request.form, sort_keys=True).encode()).hexdigest()
