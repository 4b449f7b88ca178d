"""What allauth asks of the shop: mail goes through the queue, and refusals are in our words."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.models import EmailAddress
from allauth.core import context as current
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _

from project.accounts.mfa import takes_second_step
from project.accounts.models import User
from project.accounts.reauthentication import accept_fresh_code
from project.mail import send_later

WAYS_TO_SHOW = {
    "reauthenticate": _("With my password"),
    "mfa_reauthenticate": _("With my authenticator app"),
    "mfa_reauthenticate:webauthn": _("With a passkey"),
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's account adapter, as the shop has it."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _(
            "That is not the code we sent. Check the newest message and try again."
        ),
        "too_many_login_attempts": _("Too many tries. Wait a moment, then ask for a new code."),
        "rate_limited": _(
            "We have just sent you a code. Wait a moment before you ask for another."
        ),
        "account_inactive": _("This account is closed."),
        "duplicate_email": _("That is your address already."),
        "email_taken": _("That address belongs to another account."),
        "email_password_mismatch": _(
            "Address and password do not belong together. A code by mail gets you in as well."
        ),
        "enter_current_password": _("That is not your password."),
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the message.

        So that a slow mail server holds nobody up, and the time an answer takes does not tell
        whether the address has an account.
        """
        facts = {"email": email, "SHOP_NAME": settings.SHOP_NAME, "SITE_URL": settings.SITE_URL}
        message = self.render_mail(template_prefix, email, {**facts, **context})
        send_later(to=email, subject=message.subject, text=message.body)

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """Return to the list of addresses, which now shows the new one."""
        return resolve_url("account_email")

    def get_login_stages(self) -> list[str]:
        """Decide ourselves who is asked for a second step."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "project.accounts.second_step.SecondStep"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return to the account's page."""
        return resolve_url("account_hub")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask also those who have neither a password nor a second step.

        allauth waves them through after this; so whoever has to be asked is sent off here.
        """
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        request = current.request
        if not get_reauthentication_flows(request.user) and not accept_fresh_code(request):
            raise ReauthenticationRequired
        return True

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """Offer a code by mail to whoever can sign in with one alone."""
        if isinstance(user, AnonymousUser):
            return []
        ways = [
            {**way, "description": WAYS_TO_SHOW[way["id"]]}
            for way in super().get_reauthentication_methods(user)
        ]
        if not takes_second_step(user):
            url = resolve_url("account_reauthenticate_by_code")
            ways.append({"id": "code", "description": _("With a code by mail"), "url": url})
        return ways
