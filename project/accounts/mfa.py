"""Passkeys, authenticator apps and recovery codes, as the shop has them.

A passkey is a way to sign in; alone it does not close the others, because people lose phones, and
a code by mail must still lead in. An authenticator app is a second step after a code, a password or
an account elsewhere. Staff are always asked for a second step, whichever of the two they have.
"""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from project.accounts.browsers import describe
from project.accounts.models import User

STRONG = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
PERIOD = 30  # seconds that an app shows a code


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth's adapter for second steps."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("That is not the right code. Codes change every half minute."),
        "unverified_email": _("Please confirm your e-mail address first."),
    }

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Suggest a name for a passkey: where it is made."""
        user_agent = context.request.META.get("HTTP_USER_AGENT", "")
        return describe(user_agent) or gettext("My passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Call the shop by its name where browsers list passkeys."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": settings.SHOP_NAME}


def takes_second_step(user: User | None) -> bool:
    """Return whether ``user`` is asked for a second step after a code, a password or the like."""
    if user is None:
        return False
    types = STRONG if user.is_staff else [Authenticator.Type.TOTP]
    return bool(is_mfa_enabled(user, types))


def is_protected(user: User | AnonymousUser) -> bool:
    """Return whether ``user`` has a passkey or an authenticator app."""
    known: bool | None = getattr(user, "is_protected", None)
    return bool(is_mfa_enabled(user, STRONG)) if known is None else known


def end_sessions_from_before(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    """Sign people out elsewhere when they first protect their account.

    A session that somebody stole before would never be asked for the second step.
    """
    strong = Authenticator.objects.filter(user=user, type__in=STRONG)
    if request.user.is_authenticated and not strong.exclude(pk=authenticator.pk).exists():
        here = request.session.session_key
        for session in UserSession.objects.filter(user=user).exclude(session_key=here):
            session.end()


def key_of_used_code(user_id: int, code: str) -> str:
    """Return where in the cache it is noted that somebody's code was used."""
    return f"totp-used-{user_id}-{''.join(filter(str.isdigit, code))}"
