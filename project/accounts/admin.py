"""People in the admin, and its own sign-in by e-mailed code."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from project.accounts.models import User

# Before the admin's URLs are made: its own form would pass by codes and rate limits.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """People. They sign in with a code that is mailed to them, so there is no password to set."""

    list_display = ["email", "name", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_staff", "is_active", "date_joined"]
    search_fields = ["email", "name"]
    ordering = ["-date_joined"]
    readonly_fields = ["date_joined", "last_login"]
    filter_horizontal = ["groups", "user_permissions"]
    fieldsets = [
        (None, {"fields": ["email", "name", "is_active"]}),
        (_("Staff"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": ["email", "name"],
                "description": _("They sign in at the shop with a code that is mailed to them."),
            },
        ),
        (_("Staff"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
    ]
    powers = ["is_staff", "is_superuser", "groups", "user_permissions"]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Leave the dates out while there are none."""
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Let only a superuser give powers: staff could give themselves all of them."""
        is_superuser = bool(getattr(request.user, "is_superuser", False))
        return [*self.readonly_fields, *([] if is_superuser else self.powers)]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let only a superuser change one: whose address it is decides who signs in."""
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let only a superuser delete one."""
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def save_model(
        self, request: HttpRequest, obj: User, form: "ModelForm[User]", change: bool
    ) -> None:
        """Save a person. A new address is proven when they next sign in, and the old one is out."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()


def _may_touch(request: HttpRequest, person: User | None) -> bool:
    is_superuser = bool(getattr(request.user, "is_superuser", False))
    return is_superuser or not (person and person.is_superuser)
