"""Orders: the page that waits for the money and flips to the courses, and the list."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import OperationalError, models
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from checkout.account import OrderAccount
from checkout.carts import summary_of
from checkout.claims import claim_waiting
from checkout.gateways import GatewayError
from checkout.guests import open_seats
from checkout.models import Order, Payment, PaymentStatus
from checkout.opening import open_payment
from checkout.panel import OrderPanel
from checkout.polling import read_poll
from checkout.reconciliation import check_payment
from checkout.settlement import WrongSession, sync_payment
from checkout.views.door import find_order, turn_away
from library.guests import viewer_of
from project.accounts.models import User
from project.headers import never_kept
from project.htmx import (
    HtmxRequest,
    SignedInRequest,
    login_required,
    redirect_browser,
    render_part,
    wants_part,
)

logger = logging.getLogger(__name__)

ORDERS_PER_PAGE = 20
CHECK_INTERVAL = timedelta(seconds=3)  # between two questions to the gateway about one payment


@never_kept
@login_required
@require_safe
def order_list(request: SignedInRequest) -> HttpResponse:
    """List my orders, the latest first."""
    claim_waiting(request, request.user)
    mine = Order.objects.held_by(request.user).newest_first()
    orders = mine.prefetch_related("lines", "payments").fetch_mode(models.FETCH_PEERS)
    page = Paginator(orders, ORDERS_PER_PAGE).get_page(request.GET.get("page"))
    accounts = [
        OrderAccount(order, list(order.lines.all()), list(order.payments.all())) for order in page
    ]
    context = {"orders": page, "accounts": accounts}
    return render_part(request, "checkout/order_list.html", "stage", context)


@never_kept
@require_safe
def order_detail(request: HtmxRequest, reference: str) -> HttpResponse:
    """Show one order: waiting, then unlocked."""
    order = find_order(request, reference)
    if order is None:
        return turn_away(request, reference)
    _check(order, _live_payments(order))
    panel = _panel(request, order, since=read_poll(request.GET).since)
    return render_part(request, "checkout/order_detail.html", "stage", panel.context())


@never_kept
@require_safe
def order_status(request: HtmxRequest, reference: str) -> HttpResponse:
    """Answer the waiting panel: 204 while nothing has changed, otherwise the panel.

    Never a redirect: htmx would follow it and show the sign-in page inside of the panel.
    """
    shown = read_poll(request.GET)
    order = find_order(request, reference)
    if order is None:
        return render(request, "checkout/order_detail.html#panel", _ended(reference))
    panel = _panel(request, order, since=shown.since, is_brief=True)
    if order.version == shown.version and panel.poll_seconds == shown.poll_seconds:
        return HttpResponse(status=204)
    return _flip(request, panel)


@never_kept
@require_POST
def order_check(request: HtmxRequest, reference: str) -> HttpResponse:
    """Ask the gateway now whether the money has arrived, or gone back."""
    order = find_order(request, reference)
    if order is None:
        return turn_away(request, reference)
    was_paid = order.is_paid
    _check(order, _live_payments(order))
    _check(order, order.payments.received().exclude(intent_id=None))
    if wants_part(request):
        since = read_poll(request.GET).since
        panel = _panel(request, order, since=since)
        # It was asked just now: the panel need not ask by itself again.
        return _flip(request, panel, asks_gateway=False, was_paid=was_paid)
    return redirect_browser(request, order.get_absolute_url())


@never_kept
@require_POST
def order_payment(request: HtmxRequest, reference: str) -> HttpResponse:
    """Try again to pay an order whose last attempt failed."""
    order = find_order(request, reference)
    if order is None:
        return turn_away(request, reference)
    page = order.get_absolute_url()
    try:
        payment = open_payment(order)
    except (GatewayError, WrongSession, OperationalError):
        logger.warning("order %s could not be opened for payment", order.pk, exc_info=True)
        sorry = gettext("The payment service did not answer. Please try again in a moment.")
        messages.error(request, sorry)
        return redirect_browser(request, page)
    is_waiting = payment.status == PaymentStatus.OPEN and payment.order.is_payable
    return redirect_browser(request, payment.session_url if is_waiting else page)


def _panel(request: HtmxRequest, order: Order, *, since: int, is_brief: bool = False) -> OrderPanel:
    """Return the order's panel, after it has come to the viewer's account, or their browser."""
    if order.is_paid and order.user_id is None:
        if isinstance(request.user, User):
            claim_waiting(request, request.user)
            order.refresh_from_db()
            if order.user_id not in (None, request.user.pk):
                raise Http404("Somebody else was faster.")
        else:
            open_seats(request, order)
    return OrderPanel(order, viewer_of(request), since=since, is_brief=is_brief)


def _live_payments(order: Order) -> Iterable[Payment]:
    """Return the payment that may still bring money, if there is one."""
    return order.payments.live().exclude(session_id=None) if order.is_live else []


def _check(order: Order, payments: Iterable[Payment]) -> None:
    """Ask the gateway about payments, and book what it says; each at most once in an interval.

    Whatever goes wrong, the page goes on waiting: the webhook or the next look will tell.
    """
    due = [
        payment
        for payment in payments
        if payment.is_due_for_check(every=CHECK_INTERVAL, head_start=not payment.is_paid)
    ]
    for payment in due:
        try:
            check_payment(payment) if payment.is_paid else sync_payment(payment)
        except (GatewayError, WrongSession, OperationalError):
            logger.warning("payment %s could not be checked", payment.pk, exc_info=True)
    if due:
        order.refresh_from_db()


def _flip(request: HtmxRequest, panel: OrderPanel, **changes: Any) -> HttpResponse:
    context = panel.context() | {"is_fragment": True} | changes
    if panel.state in ("paid", "bank"):
        context["cart"] = summary_of(request)
    return render(request, "checkout/order_detail.html#panel", context)


def _ended(reference: str) -> dict[str, Any]:
    return {"state": "ended", "reference": reference, "is_fragment": True}
