"""Tells, in ``manage.py check --deploy``, what a shop still lacks before customers may come."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from project.environment import Environment

TAG = "shop"


@register(TAG, deploy=True)
def check_database(**_: Any) -> list[CheckMessage]:
    """Refuse the embedded server, which is one checkout's own."""
    if not settings.IS_LOCAL:
        return []
    return [
        Error(
            "The shop runs on its embedded PostgreSQL, which no other machine can reach.",
            hint="Name a server in DATABASE_URL.",
            id="shop.E001",
        )
    ]


@register(TAG, deploy=True)
def check_payments(**_: Any) -> list[CheckMessage]:
    """Warn of a shop that cannot take money, or does not learn that it came."""
    given = {
        "STRIPE_SECRET_KEY": settings.STRIPE_SECRET_KEY,
        "STRIPE_WEBHOOK_SECRET": settings.STRIPE_WEBHOOK_SECRETS,
    }
    return [
        Warning(
            f"{name} is not set.",
            hint="Without the key nothing can be sold, and without the webhook's secret the shop "
            "is not told that money has come.",
            id="shop.W002",
        )
        for name, value in given.items()
        if not value
    ]


@register(TAG, deploy=True)
def check_mail(**_: Any) -> list[CheckMessage]:
    """Warn of a shop whose mail goes to a server that nobody named."""
    if Environment()("EMAIL_URL", default=""):
        return []
    return [
        Warning(
            "EMAIL_URL is not set, and without the codes that are mailed nobody can sign in.",
            hint="Name a mail server, for example smtp+tls://user:password@mail.example.com:587.",
            id="shop.W003",
        )
    ]
