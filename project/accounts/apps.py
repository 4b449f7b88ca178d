"""People and how they sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People and how they sign in."""

    name = "project.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        """Let people take their account along."""
        from project.accounts.my_data.account_part import ACCOUNT
        from project.accounts.my_data.parts import register

        register(ACCOUNT)
