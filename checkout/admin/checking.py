"""Asking the gateway now, because somebody on the staff wants to know."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from checkout.admin.reading import may_move_money
from checkout.gateways import GatewayError
from checkout.models import Payment, PaymentStatus
from checkout.reconciliation import check_payment
from checkout.settlement import WrongSession

logger = logging.getLogger(__name__)

CHECK_INTERVAL = timedelta(seconds=3)  # between two questions to the gateway about one payment


def check_now(
    request: HttpRequest,
    page: admin.ModelAdmin,
    payments: Iterable[Payment],
    *,
    back_to: str,
    pk: int,
) -> HttpResponse:
    """Ask the gateway about payments, say what came of it, and show the page it was asked on."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not may_move_money(request):
        raise PermissionDenied
    asked = [payment for payment in payments if _is_known_to_gateway(payment)]
    if not asked:
        told = gettext("There is nothing to ask: the gateway has no session of it.")
        page.message_user(request, told)
    for payment in asked:
        level, text = _check(payment)
        page.message_user(request, f"{payment}: {text}", level)
    return HttpResponseRedirect(reverse(f"admin:checkout_{back_to}_change", args=[pk]))


def _is_known_to_gateway(payment: Payment) -> bool:
    is_free = payment.status == PaymentStatus.PAID and not payment.intent_id
    return bool(payment.session_id) and not is_free


def _check(payment: Payment) -> tuple[int, str]:
    """Check one payment. Return what to tell of it."""
    if not payment.is_due_for_check(every=CHECK_INTERVAL, head_start=False):
        return messages.WARNING, gettext("it was asked about just now. Try again in a few seconds.")
    try:
        has_changed = check_payment(payment)
    except (GatewayError, WrongSession, OperationalError) as error:
        logger.warning("payment %s could not be checked", payment.pk, exc_info=True)
        return messages.ERROR, gettext("the gateway could not be asked.") + f" {error}"
    if has_changed:
        return messages.SUCCESS, gettext("the gateway had news, and the books have it now.")
    return messages.SUCCESS, gettext("everything is as the gateway says.")
