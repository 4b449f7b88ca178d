"""What allauth asks of the shop: mail goes through the queue, and refusals are in our words."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _

from project.mail import send_later


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
        """Return to where the address was changed, which now shows the new one."""
        return resolve_url("account_email")
