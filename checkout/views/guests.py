"""For who bought without an account: to save an order to one, and to find a lost link again."""

from uuid import uuid4

from django.contrib import messages
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from checkout.claims import take_order
from checkout.finding import mail_order_links
from checkout.guests import EmailForm
from checkout.models import Order
from project.accounts.models import User
from project.headers import never_kept
from project.htmx import HtmxRequest, redirect_browser, render_part, sign_in_first
from project.limits import Limit, limited

CLAIMS = Limit("claim of an order", times=20, seconds=3600)
FINDS_OF_EMAIL = Limit("find orders of an e-mail address", times=3, seconds=3600)
FINDS_OF_ADDRESS = Limit("find orders", times=20, seconds=3600)


@never_kept
@require_POST
@limited(CLAIMS)
def order_claim(request: HtmxRequest, reference: str) -> HttpResponse:
    """Save an order that no account holds to mine: I have its link."""
    page = reverse("checkout:order_detail", args=[reference])
    if not isinstance(request.user, User):
        return sign_in_first(request, next_url=page)
    order = Order.objects.visible_to(request.user, reference=reference).first()
    if order is None:
        raise Http404("There is no such order.")
    try:
        if not take_order(request, order, request.user):
            raise Http404("Somebody else was faster.")
    except OperationalError:
        messages.error(request, _("That did not work just now. Please try again in a moment."))
    return redirect_browser(request, page)


def email_name(request: HtmxRequest) -> str:
    """Return which address is asked for, for the limit on one of them."""
    return request.POST.get("email", "")[:320].strip().lower()


@never_kept
@require_http_methods(["GET", "HEAD", "POST"])
@limited(FINDS_OF_ADDRESS)
@limited(FINDS_OF_EMAIL, by=email_name)
def order_find(request: HtmxRequest) -> HttpResponse:
    """Ask for the links of my orders: they come by mail, whatever the page says to others.

    The answer is the same for every address, and takes as long: whether there are orders, the
    worker looks up.
    """
    if request.method != "POST":
        is_sent = "sent" in request.GET
        context = {"form": EmailForm(auto_id="find-%s"), "is_sent": is_sent}
        return render_part(request, "checkout/order_find.html", "stage", context)
    form = EmailForm(request.POST, auto_id="find-%s")
    if not form.is_valid():
        return render(request, "checkout/order_find.html", {"form": form}, status=422)
    mail_order_links.later(form.cleaned_data["email"], uuid4().hex)
    return redirect(f"{reverse('checkout:order_find')}?sent=")
