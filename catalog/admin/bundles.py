"""Bundles as staff put them together."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.moving import Moving
from catalog.forms import BundleForm
from catalog.models import Bundle, BundleEntry


class BundleEntryInline(admin.TabularInline):
    """The courses of the bundle, in order."""

    model = BundleEntry
    fields = ("position", "course")
    autocomplete_fields = ["course"]
    extra = 0
    min_num = 1


@admin.register(Bundle)
class BundleAdmin(Moving):
    """Bundles. Their status is changed by the actions, as that of courses is."""

    form = BundleForm
    inlines = [BundleEntryInline]
    list_display = ["title", "status", "price", "size", "published_at"]
    list_filter = ["status"]
    search_fields = ["title", "slug", "summary"]
    ordering = ["-published_at", "-pk"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["status", "published_at", "one_by_one"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "status", "published_at"]}),
        (_("Price"), {"fields": ["price_minor", "one_by_one"]}),
        (_("What it is"), {"fields": ["description"]}),
        (_("Looks"), {"fields": ["hue"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Bundle]":
        """Fetch the courses with their bundles."""
        return Bundle.objects.with_courses().order_by(*self.ordering)

    @admin.display(description=_("price"), ordering="price_minor")
    def price(self, bundle: Bundle) -> str:
        """Show the price as people write it."""
        return bundle.price

    @admin.display(description=_("courses"))
    def size(self, bundle: Bundle) -> int:
        """Show how many courses there are."""
        return len(bundle.contents)

    @admin.display(description=_("one by one, today"))
    def one_by_one(self, bundle: Bundle) -> str:
        """Say what the courses cost by themselves, and each one's part of the bundle's price."""
        if not bundle.pk:
            return "-"
        offer = bundle.offer_to(())
        parts = ", ".join(f"{part.course}: {part.price}" for part in offer.parts)
        return gettext("%(price)s. In the bundle: %(parts)s") % {
            "price": offer.one_by_one.text,
            "parts": parts or "-",
        }
