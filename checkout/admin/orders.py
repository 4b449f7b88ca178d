"""Orders, for staff: their story, and the few things that can be done about their money."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.money import format_money
from checkout.admin.checking import check_now
from checkout.admin.holding import accept_order, acceptable
from checkout.admin.reading import ReadOnly, may_move_money, money
from checkout.admin.refunding import refund_order, why_not, why_nothing
from checkout.admin.story import story_of
from checkout.models import Order, OrderLine, Payment
from checkout.refunds import refundable_minor
from project.written import day_and_time


class LineInline(ReadOnly, admin.TabularInline):
    """The seats that were ordered."""

    model = OrderLine
    fields = (
        "title", "course", "bundle", "seat", "price", "is_for_buyer", "outcome", "seat_given",
        "access", "given_back",
    )  # fmt: skip
    readonly_fields = ("price", "seat_given", "given_back")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        """Fetch what the columns show with the lines."""
        lines = super().get_queryset(request)
        return lines.select_related(
            "order", "course", "bundle", "enrollment__learner", "enrollment__course", "refund"
        )

    @admin.display(description=_("enrollment"))
    def seat_given(self, line: OrderLine) -> str:
        """Say whose the seat is now."""
        seat = line.enrollment
        return f"{seat} ({seat.get_status_display().lower()})" if seat else "-"

    @admin.display(description=_("refund"))
    def given_back(self, line: OrderLine) -> str:
        """Say whether its price goes back."""
        refund = line.refund
        return f"{refund} ({refund.get_status_display().lower()})" if refund else "-"


class PaymentInline(ReadOnly, admin.TabularInline):
    """The attempts to pay."""

    model = Payment
    fields = (
        "attempt", "gateway", "status", "amount", "received", "given_back", "settles_order", "card",
        "paid_at", "last_error",
    )  # fmt: skip
    readonly_fields = ("amount", "received", "given_back")
    show_change_link = True

    amount = money("amount_minor", _("amount"))
    received = money("received_minor", _("received"), currency="received_currency")
    given_back = money("refund_reserved_minor", _("given back"), currency="received_currency")


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin):
    """Orders with their lines and payments."""

    list_display = (
        "number",
        "email",
        "has_account",
        "total",
        "status",
        "held_reason",
        "created_at",
        "paid_at",
    )
    list_filter = ("status", "held_reason", "created_at")
    search_fields = (
        "reference",
        "email",
        "user__email",
        "payments__session_id",
        "payments__intent_id",
    )
    search_help_text = _("Reference, e-mail address, or the gateway's session or intent.")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    list_per_page = 50
    view_on_site = False  # the page is the customer's
    inlines = (LineInline, PaymentInline)
    fields = (
        ("number", "reference"), ("buyer", "email"), ("status", "held_reason"),
        ("total", "accepted"), ("created_at", "expires_at", "paid_at"),
        ("fulfilled_by", "version"), "refundable", "story",
    )  # fmt: skip
    readonly_fields = (
        "number",
        "buyer",
        "total",
        "accepted",
        "fulfilled_by",
        "refundable",
        "story",
    )

    total = money("total_minor", _("total"))

    @admin.display(ordering="pk")
    def number(self, order: Order) -> str:
        """What people call the order."""
        return order.number

    @admin.display(description=_("account"), boolean=True)
    def has_account(self, order: Order) -> bool:
        """Say whether an account holds it."""
        return order.user_id is not None

    @admin.display(description=_("account"))
    def buyer(self, order: Order) -> str:
        """Say whose the order is; of one that was placed without an account, since when."""
        if order.user is None:
            return gettext("none: placed without an account, and not claimed yet")
        person = f"{order.user} ({order.user.email})" if order.user.name else order.user.email
        if order.claimed_at is None:
            return person
        facts = {"person": person, "when": day_and_time(order.claimed_at)}
        return gettext("claimed by %(person)s on %(when)s") % facts

    @admin.display(description=_("accepted instead"))
    def accepted(self, order: Order) -> str:
        """Say what staff took instead of the total."""
        taken = order.accepted_minor
        return "-" if taken is None else format_money(taken, order.currency)

    @admin.display(description=_("fulfilled"))
    def fulfilled_by(self, order: Order) -> str:
        """Say when the courses were opened, and for which payment."""
        marker = getattr(order, "fulfillment", None)
        return (
            f"{marker.created_at:%Y-%m-%d %H:%M:%S} UTC, {marker.payment}"
            if marker
            else gettext("no")
        )

    @admin.display(description=_("can be given back"))
    def refundable(self, order: Order) -> str:
        """Say of each payment what can go back now, or why nothing can."""
        received = order.payments.received().exclude(received_minor=0)
        said = [(f"{_attempt(payment)}: {_say(payment)}",) for payment in received]
        return format_html_join("", "<p>{}</p>", said) if said else why_nothing(order)

    @admin.display(description=_("what happened"))
    def story(self, order: Order) -> str:
        """Tell everything with ids, the oldest first."""
        return render_to_string("admin/checkout/order/_story.html", {"moments": story_of(order)})

    def get_urls(self) -> list[Any]:
        """Add what can be done about an order's money, each a page below the order's."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/refund/", wrap(self.refund_view), name="checkout_order_refund"),
            path("<int:pk>/accept/", wrap(self.accept_view), name="checkout_order_accept"),
            path("<int:pk>/check/", wrap(self.check_view), name="checkout_order_check"),
            *super().get_urls(),
        ]

    def refund_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give money back."""
        return refund_order(request, self, pk)

    def accept_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Accept what was paid for a held order."""
        return accept_order(request, self, pk)

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the gateway about all attempts to pay an order."""
        payments = Payment.objects.filter(order=pk).select_related("order")
        return check_now(request, self, payments, back_to="order", pk=pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show an order, with what may be done about its money."""
        may = may_move_money(request)
        order = self.get_object(request, object_id) if may else None
        context = {
            **(extra_context or {}),
            "may_move_money": may,
            "acceptable": acceptable(order) if order else None,
        }
        return super().change_view(request, object_id, form_url, context)


def _attempt(payment: Payment) -> str:
    return gettext("Attempt %(number)s") % {"number": payment.attempt}


def _say(payment: Payment) -> str:
    return why_not(payment) or format_money(refundable_minor(payment), payment.received_currency)
