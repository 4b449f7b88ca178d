"""What allauth asks of the shop about accounts elsewhere."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.forms import DisconnectForm, SignupForm
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _

from project.accounts.forms import dress_address
from project.accounts.models import User

PASSWORDS = {"password", "password_reset"}


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """allauth's adapter for accounts elsewhere, as the shop has it."""

    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "connected_other": _("That account is connected to somebody else here."),
    }

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Believe no address that comes from a server whose word is not taken for it.

        Otherwise it would count as proven, and whoever runs that server could take what waits for
        its owner. Their owner proves it with a code.
        """
        for address in sociallogin.email_addresses:
            if not self.can_authenticate_by_email(sociallogin, address.email):
                address.verified = False

    def list_providers(self, request: HttpRequest) -> list[Any]:
        """Offer them in the order of the settings, which is that of the page."""
        order = list(settings.SOCIALACCOUNT_PROVIDERS)
        return sorted(super().list_providers(request), key=lambda one: order.index(one.id))

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Take over the name as well, which is one field here."""
        user: User = super().populate_user(request, sociallogin, data)
        parts = [data.get("first_name"), data.get("last_name")]
        name = data.get("name") or " ".join(filter(None, parts))
        user.name = name[: User._meta.get_field("name").max_length or 0]
        return user

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        """Return to the account's page, which shows what is connected."""
        return resolve_url("account_hub")


class MissingAddressForm(SignupForm):  # type: ignore[misc]
    """Takes the address of somebody whose account elsewhere tells none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress_address(self.fields["email"])


class DisconnectAnyForm(DisconnectForm):  # type: ignore[misc]
    """Lets any account elsewhere go, the last one too: a code by mail always leads in."""

    def clean(self) -> dict[str, Any]:
        """Leave out allauth's question for a password, which nobody needs here."""
        data: dict[str, Any] = self.cleaned_data
        return data


def evict_squatters(request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    """Take away all ways into an account that were laid before its address was proven.

    Somebody may have begun the account for an address that is not theirs, with an account elsewhere
    or a password of their own, to walk in once its owner has come. What the owner has just come
    with stays; staff's password was set by the operator. A passkey or an app cannot be there yet:
    they are added by people who are signed in.
    """
    user = email_address.user
    if user.last_login:
        return
    records = get_authentication_records(request, user)
    shown = {(record.get("provider"), record.get("uid")) for record in records}
    for account in SocialAccount.objects.filter(user=user):
        if (account.provider, account.uid) not in shown:
            account.delete()
    came_with_password = PASSWORDS & {record["method"] for record in records}
    if user.has_usable_password() and not came_with_password and not user.is_staff:
        user.set_unusable_password()
        user.save(update_fields=["password"])
