"""Seats and people, for staff: why somebody has a course, with the order that paid for it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.models import OrderLine
from library.admin import EnrollmentAdmin
from library.models import Enrollment
from project.accounts.admin import UserAdmin
from project.accounts.models import User
from project.written import day

MOST_SEATS = 50  # on a person's page: the latest

# The library knows nothing of orders, so that its pages in the admin get here what concerns them.
admin.site.unregister([Enrollment, User])


@admin.register(Enrollment)
class SoldSeatAdmin(EnrollmentAdmin):
    """Seats, with why somebody has them."""

    list_display = [*EnrollmentAdmin.list_display, "why"]
    search_fields = [*EnrollmentAdmin.search_fields, "invitation__email"]
    fields = ["why", *EnrollmentAdmin.fields]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Enrollment]":
        """Fetch the order with the seat."""
        seats: QuerySet[Enrollment] = super().get_queryset(request)
        return seats.select_related(
            "learner", "course", "given_by", "invitation", "order_line__order"
        )

    @admin.display(description=_("why"))
    def why(self, seat: Enrollment) -> str:
        """Say what the seat comes from, and lead there."""
        return why(seat)


@admin.register(User)
class LearnerAdmin(UserAdmin):
    """People, with the seats that they have or had, and why."""

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Add the seats to the page of somebody who is there."""
        first, *others = super().get_fieldsets(request, obj)
        seats = [(_("Courses"), {"fields": ["seats"]})] if obj else []
        return [first, *seats, *others]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Let the seats be read."""
        return [*super().get_readonly_fields(request, obj), "seats"]

    @admin.display(description=_("seats"))
    def seats(self, person: User) -> str:
        """List the person's seats, the latest first, each with why it is theirs."""
        held = Enrollment.objects.held_by(person).order_by("-pk")
        held = held.select_related("course", "given_by", "order_line__order")
        rows = [
            (
                reverse("admin:library_enrollment_change", args=[seat.pk]),
                gettext("seat %(pk)s: %(course)s") % {"pk": seat.pk, "course": seat.course},
                seat.get_status_display().lower(),
                _until(seat),
                why(seat),
            )
            for seat in held[:MOST_SEATS]
        ]
        shown = format_html_join("", '<p><a href="{}">{}</a>, {}{}: {}</p>', rows)
        return shown or gettext("none")


def why(seat: Enrollment) -> str:
    """Say with ids what a seat comes from: an order and its line, or whoever on the staff."""
    line: OrderLine | None = getattr(seat, "order_line", None)
    if line is None:
        source = seat.get_source_display().lower()
        giver = seat.given_by.email if seat.given_by else ""
        return ", ".join(part for part in (source, giver, seat.reason) if part)
    facts = {"number": line.order.number, "seat": line.seat}
    if line.is_for_buyer:
        text = gettext("bought with order %(number)s, seat %(seat)s") % facts
    else:
        text = gettext("given away from order %(number)s, seat %(seat)s") % facts
    url = reverse("admin:checkout_order_change", args=[line.order_id])
    access = "" if line.access == "open" else f", {line.get_access_display().lower()}"
    return format_html('<a href="{}">{}</a>{}', url, text, access)


def _until(seat: Enrollment) -> str:
    return gettext(", until %(day)s") % {"day": day(seat.ends_at)} if seat.ends_at else ""
