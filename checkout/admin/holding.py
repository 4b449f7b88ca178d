"""Orders that are held: what was paid is accepted, or goes back."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.money import format_money
from checkout.admin.reading import may_move_money
from checkout.admin.refunding import BUSY
from checkout.models import Order, Payment
from checkout.settlement import accept_payment

TOO_LATE = _("This order does not wait for that any more.")


def accept_order(request: HttpRequest, page: admin.ModelAdmin, pk: int) -> HttpResponse:
    """Ask once more, then have a held order be bought by what was paid, and unlock it."""
    if not may_move_money(request):
        raise PermissionDenied
    order = get_object_or_404(Order, pk=pk)
    payment = acceptable(order)
    if payment is None:
        page.message_user(request, TOO_LATE, messages.WARNING)
    elif request.method == "POST":
        _accept(request, page, order, payment)
    else:
        return _ask(request, page, order, payment)
    return HttpResponseRedirect(reverse("admin:checkout_order_change", args=[pk]))


def acceptable(order: Order) -> Payment | None:
    """Return the money that a held order could be bought with: all of it must be there still."""
    if not order.held_reason:
        return None
    received = order.payments.received().filter(refund_reserved_minor=0)
    return received.filter(received_currency=order.currency).order_by("-received_minor").first()


def _ask(
    request: HttpRequest, page: admin.ModelAdmin, order: Order, payment: Payment
) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "title": gettext("Accept %(amount)s for order %(number)s?")
        % {"amount": _received(payment), "number": order.number},
        "opts": page.opts,
        "order": order,
        "received": _received(payment),
        "lines": order.lines.all(),
    }
    return render(request, "admin/checkout/order/accept.html", context)


def _accept(request: HttpRequest, page: admin.ModelAdmin, order: Order, payment: Payment) -> None:
    try:
        has_changed = accept_payment(payment.pk)
    except OperationalError:
        page.message_user(request, BUSY, messages.ERROR)
        return
    if not has_changed:
        page.message_user(request, TOO_LATE, messages.WARNING)
        return
    facts = {"received": _received(payment), "total": order.total}
    page.log_change(request, order, "Accepted {received} instead of {total}.".format(**facts))
    told = gettext("Accepted %(received)s instead of %(total)s. The courses are open.")
    page.message_user(request, told % facts, messages.SUCCESS)


def _received(payment: Payment) -> str:
    return format_money(payment.received_minor, payment.received_currency)
