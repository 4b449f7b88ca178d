"""Carts, for staff to help somebody who asks."""

from django.contrib import admin

from checkout.admin.reading import ReadOnly
from checkout.models import Cart, CartItem


class CartItemInline(ReadOnly, admin.TabularInline):
    """What is in a cart."""

    model = CartItem
    fields = ("course", "bundle", "seats", "added_at")
    readonly_fields = ("added_at",)


@admin.register(Cart)
class CartAdmin(ReadOnly, admin.ModelAdmin):
    """Carts, to help somebody who asks."""

    list_display = ("__str__", "owner", "created_at", "updated_at", "merged_at")
    list_select_related = ("owner",)
    search_fields = ("owner__email",)
    ordering = ("-updated_at",)
    inlines = (CartItemInline,)
