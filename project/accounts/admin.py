"""People in the admin, and the way into it: the shop's own entrance, and a second step."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url
from allauth.mfa import admin as _mfa_admin  # noqa: F401  it registers what is taken out below
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as _social_admin  # noqa: F401
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.usersessions import admin as _sessions_admin  # noqa: F401
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from project.accounts.mfa import is_protected
from project.accounts.models import User

OFFICE = "wanted_in_the_office"  # where staff wanted to go before they were asked for a second step


def opens_office(request: HttpRequest) -> bool:
    """Return whether the admin is open: to staff with a passkey or an authenticator app."""
    is_staff = request.user.is_active and request.user.is_staff
    return bool(is_staff and is_protected(request.user))


@secure_admin_login  # type: ignore[untyped-decorator]
def lead_into_office(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """Lead staff in, or to where they protect their account first."""
    wanted = get_next_redirect_url(request) or resolve_url("admin:index")
    if opens_office(request):
        return redirect(wanted)
    request.session[OFFICE] = wanted
    messages.warning(
        request, gettext("The shop office opens with a passkey or an authenticator app. Add one.")
    )
    return redirect("account_hub")


# Before the admin's URLs are made: its own form would pass by codes, second steps and rate limits.
admin.site.login = lead_into_office  # type: ignore[method-assign]
admin.site.has_permission = opens_office  # type: ignore[method-assign]

# Apps come from the environment, tokens are not kept, and sessions are for their owners to see.
admin.site.unregister([SocialApp, SocialToken, UserSession, Authenticator])


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):
    """Second steps, to take one from somebody who lost it. Their secrets are not shown."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    search_fields = ["user__email"]
    fields = ["user", "type", "created_at", "last_used_at"]
    readonly_fields = ["user", "type", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave it to their owners to add one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        """Leave it to their owners to change one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        """Let only a superuser take one away: without it an account is easier to get into."""
        return bool(getattr(request.user, "is_superuser", False))


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
