"""People and how they sign in."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People and how they sign in."""

    name = "project.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Listen to what allauth tells of people who come, and of what guards their accounts.

        And let people take their account along.
        """
        from allauth.account.signals import email_confirmed, user_logged_in
        from allauth.mfa.signals import authenticator_added

        from project.accounts.browsers import note_sign_in
        from project.accounts.mfa import end_sessions_from_before
        from project.accounts.my_data.account_part import ACCOUNT, MAIL
        from project.accounts.my_data.parts import register
        from project.accounts.social import evict_squatters

        email_confirmed.connect(evict_squatters, dispatch_uid="accounts.evict_squatters")
        user_logged_in.connect(note_sign_in, dispatch_uid="accounts.note_sign_in")
        authenticator_added.connect(
            end_sessions_from_before, dispatch_uid="accounts.end_sessions_from_before"
        )
        register(ACCOUNT)
        register(MAIL)
