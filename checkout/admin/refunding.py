"""Giving money back: said on a page of the order, looked over once more, and then sent."""

from collections.abc import Sequence
from typing import cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.money import format_money
from checkout.admin.reading import may_move_money
from checkout.admin.refund_form import Plan, RefundForm
from checkout.gateways import GatewayError
from checkout.models import Order, OrderLine, Payment, Refund, RefundReason
from checkout.refunds import CannotRefund, refundable_minor, request_refund, send_refund
from checkout.settling import locked_payment
from project.accounts.models import User

BUSY = _("Somebody is working on this order at this moment. Please try again.")
MEANWHILE = _("Something else of this payment was given back meanwhile. Look again what is left.")
SENT_LATER = _(
    "The payment service did not confirm the refund of %(amount)s. It is written down, and is sent "
    "again by itself until it is known what became of it."
)


def refund_order(request: HttpRequest, page: admin.ModelAdmin, pk: int) -> HttpResponse:
    """Ask what shall go back of an order, show it once more, and send it."""
    if not may_move_money(request):
        raise PermissionDenied
    order = get_object_or_404(Order, pk=pk)
    payments = list(order.payments.received().exclude(received_minor=0).order_by("attempt"))
    payment = _chosen(payments, request.GET.get("payment"))
    context = {
        **page.admin_site.each_context(request),
        "title": gettext("Give money back: order %(number)s") % {"number": order.number},
        "opts": page.opts,
        "order": order,
        "payments": payments,
        "payment": payment,
        "why_not": why_not(payment) if payment else why_nothing(order),
    }
    if payment is None or context["why_not"]:
        return render(request, "admin/checkout/order/refund.html", context)
    payment.order = order
    form = RefundForm(request.POST or None, payment=payment, lines=_lines(order))
    context |= {"form": form, "has_inquiry": payment.disputes.unsettled().exists()}
    if request.method == "POST" and form.is_valid() and form.plan:
        if "send" in request.POST:
            return _send(request, page, payment, form.plan, already=form.cleaned_data["already"])
        if "change" not in request.POST:
            return _review(request, payment, form.plan, context)
    status = 422 if form.errors else 200
    return render(request, "admin/checkout/order/refund.html", context, status=status)


def why_nothing(order: Order) -> str:
    """Say why nothing can be given back of an order that brought no money."""
    if order.is_paid:
        return gettext("This order was free: there is nothing to give back.")
    return gettext("No money has come for this order: there is nothing to give back.")


def why_not(payment: Payment) -> str:
    """Say why nothing can be given back of a payment now; empty if something can."""
    if refundable_minor(payment):
        return ""
    if not payment.free_minor:
        return gettext("All of it has been given back, or is on its way.")
    if payment.disputes.open().exists():
        return gettext(
            "A dispute about this payment is open, and the bank holds the money. A refund now "
            "would pay the customer twice: answer the dispute, or accept it."
        )
    return gettext(
        "The payment service does not say yet which payment that was: check with it first."
    )


def reason_for(payment: Payment) -> RefundReason:
    """Return why staff give money back, as the books call it."""
    if payment.settles_order:
        return RefundReason.ASKED
    return RefundReason.MISMATCH if payment.order.held_reason else RefundReason.SURPLUS


def _chosen(payments: Sequence[Payment], wanted: str | None) -> Payment | None:
    """Return the payment that was asked for, or else one of which something is left."""
    by_name = [payment for payment in payments if str(payment.pk) == wanted]
    left = [payment for payment in payments if payment.free_minor]
    bought = [payment for payment in left if payment.settles_order]
    return next(iter([*by_name, *bought, *left, *payments]), None)


def _lines(order: Order) -> list[OrderLine]:
    lines = list(order.lines.select_related("course", "enrollment__learner", "refund"))
    for line in lines:
        line.order = order
    return lines


def _review(
    request: HttpRequest, payment: Payment, plan: Plan, context: dict[str, object]
) -> HttpResponse:
    amount = format_money(plan.amount_minor, payment.received_currency)
    context |= {
        "plan": plan,
        "amount": amount,
        "title": gettext("Give back %(amount)s?") % {"amount": amount},
    }
    return render(request, "admin/checkout/order/refund_review.html", context)


def _send(
    request: HttpRequest, page: admin.ModelAdmin, payment: Payment, plan: Plan, *, already: int
) -> HttpResponse:
    try:
        refund = _write_down(payment, plan, already=already, by=cast("User", request.user))
    except CannotRefund as error:
        page.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())
    except OperationalError:
        page.message_user(request, BUSY, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())
    page.log_change(request, payment.order, f"Gave back {refund.amount}. {plan.note}".strip())
    level, text = _send_now(refund)
    page.message_user(request, text, level)
    order_page = reverse("admin:checkout_order_change", args=[payment.order_id])
    return HttpResponseRedirect(order_page)


@transaction.atomic
def _write_down(payment: Payment, plan: Plan, *, already: int, by: User) -> Refund:
    """Write the refund down, unless another one was since the page was shown.

    Without that a form that is sent twice would give the same amount back twice.
    """
    _, current = locked_payment(payment.pk)
    if current.refund_reserved_minor != already:
        raise CannotRefund(MEANWHILE)
    return request_refund(
        current,
        amount_minor=plan.amount_minor,
        reason=reason_for(current),
        lines=plan.lines,
        ends_access=plan.ends_access,
        note=plan.note,
        by=by,
    )


def _send_now(refund: Refund) -> tuple[int, str]:
    """Send a refund that is written down and committed. Return what to tell of it."""
    try:
        send_refund(refund.pk)
    except (GatewayError, OperationalError):
        return messages.WARNING, SENT_LATER % {"amount": refund.amount}
    refund.refresh_from_db()
    if not refund.is_standing:
        refused = gettext("The payment service refused: %(why)s")
        return messages.ERROR, refused % {"why": refund.last_error}
    gone = gettext("%(amount)s has gone back to the customer.")
    going = gettext("%(amount)s is on its way back to the customer.")
    told = gone if refund.has_succeeded else going
    return messages.SUCCESS, told % {"amount": refund.amount}
