"""People and how they sign in."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People and how they sign in."""

    name = "project.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Let people take their account along."""
        from project.accounts.my_data.account_part import ACCOUNT
        from project.accounts.my_data.parts import register

        register(ACCOUNT)
