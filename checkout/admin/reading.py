"""What all pages of the money share: nobody edits them, and amounts are written as people do."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext

from catalog.money import format_money
from checkout.models import Payment

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DASHBOARD = "https://dashboard.stripe.com"


class ReadOnly:
    """What staff may look at and nobody may edit."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows come from the shop alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is edited by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The books are kept."""
        return False


def money(name: str, label: "_StrPromise", *, currency: str = "currency") -> Any:
    """Return a column that shows the minor units in field ``name`` as people write them.

    ``currency`` names the field that has theirs; while it is empty, the row's own is meant.
    """

    @admin.display(description=label, ordering=name)
    def column(self: Any, row: Any) -> str:
        return format_money(getattr(row, name), getattr(row, currency) or row.currency)

    return column


def may_move_money(request: HttpRequest) -> bool:
    """Whether somebody may give money back, accept it, and have the gateway asked."""
    return bool(request.user.has_perm("checkout.change_order"))


def at_gateway(payment: Payment, path: str) -> str:
    """Return a link to an object in the gateway's dashboard; a dash where there is none.

    Stripe: test objects are below ``/test``. The sandbox has no dashboard.
    """
    if payment.gateway != "stripe" or settings.SANDBOX or path.endswith("/"):
        return "-"
    mode = "" if payment.livemode else "/test"
    words = gettext("Open in Stripe")
    return format_html('<a href="{}{}/{}" rel="noreferrer">{}</a>', DASHBOARD, mode, path, words)
