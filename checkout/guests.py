"""Who buys without an account: an address to write to, and the orders that a browser started.

Both are kept in the session's data. It remembers orders so that the browser that bought can study
at once (``library.guests``).
"""

from collections.abc import Iterable

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from checkout.models import Order
from library.guests import let_study

EMAIL, ORDERS = "guest_email", "guest_orders"  # in the session's data
EMAIL_FIELD = "check-out-%s"  # ids in the page, where other forms ask for addresses as well
MOST_ORDERS = 20  # that a session remembers: the latest

NO_ADDRESS = _("Please give your e-mail address: the receipt and your link go there.")
ODD_ADDRESS = _("That is no e-mail address that we can write to. Please look at it once more.")
UNTAKEN_ADDRESS = _(
    "Our payment service does not take this address. Is it spelled right? If so, please give "
    "another one. You have not been charged."
)


class EmailForm(forms.Form):
    """Takes the address of somebody who has no account, or does not want to say.

    It is never looked up: nobody learns from this form which addresses are known.
    """

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={
            "required": NO_ADDRESS,
            "invalid": ODD_ADDRESS,
            "max_length": ODD_ADDRESS,
        },
    )

    def clean_email(self) -> str:
        """Return the address in lower case, as those of accounts are kept."""
        email: str = self.cleaned_data["email"]
        return email.lower()


def asks_address(request: HttpRequest) -> bool:
    """Return whether the visitor checks out by giving an address: who is signed in has one."""
    return settings.GUEST_CHECKOUT and not request.user.is_authenticated


def address_of(request: HttpRequest) -> str:
    """Return the address that the visitor gave before, or nothing."""
    address: str = request.session.get(EMAIL, "")
    return address


def email_form_of(request: HttpRequest | None) -> EmailForm:
    """Return the form that a visitor checks out with, with the address that they gave before."""
    known = address_of(request) if request else ""
    return EmailForm(initial={"email": known}, auto_id=EMAIL_FIELD)


def remember_address(request: HttpRequest, email: str) -> None:
    """Offer the address the next time."""
    if request.session.get(EMAIL) != email:
        request.session[EMAIL] = email


def remember_order(request: HttpRequest, order: Order) -> None:
    """Note that this browser started the order."""
    known = _orders_of(request)
    if order.reference not in known:
        request.session[ORDERS] = [*known, order.reference][-MOST_ORDERS:]


def has_started(request: HttpRequest, reference: str) -> bool:
    """Return whether this browser started the order."""
    return reference in _orders_of(request)


def open_seats(request: HttpRequest, order: Order) -> None:
    """Let the browser that bought study its own courses, while no account holds the order."""
    if order.is_paid and order.user_id is None and has_started(request, order.reference):
        own = order.lines.filter(is_for_buyer=True).exclude(enrollment=None)
        let_study(request, own.values_list("enrollment_id", flat=True))


def waiting_orders(request: HttpRequest) -> list[Order]:
    """Return paid orders that this browser started and that no account holds, the latest first."""
    known = _orders_of(request)
    if not known:
        return []
    return list(Order.objects.unclaimed().paid().filter(reference__in=known).newest_first())


def _orders_of(request: HttpRequest) -> list[str]:
    known: Iterable[str] = request.session.get(ORDERS, [])
    return list(known)
