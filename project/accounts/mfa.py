"""Passkeys, authenticator apps and recovery codes, as the shop has them.

A passkey is a way to sign in; alone it does not close the others, because people lose phones, and
a code by mail must still lead in. An authenticator app is a second step after a code, a password or
an account elsewhere. Staff are always asked for a second step, whichever of the two they have.
"""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm, SignupWebAuthnForm
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
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


class SecondStep(AuthenticateStage):  # type: ignore[misc]
    """Stands in the way of people who are to show a second thing that is theirs."""

    def handle(self) -> tuple[Any, bool]:
        """Ask for it, or let them pass."""
        if not takes_second_step(self.login.user):
            return None, True
        answer: tuple[Any, bool] = super().handle()
        return answer


def takes_second_step(user: User | None) -> bool:
    """Return whether ``user`` is asked for a second step after a code, a password or the like."""
    if user is None:
        return False
    types = STRONG if user.is_staff else [Authenticator.Type.TOTP]
    return bool(is_mfa_enabled(user, types))


def is_protected(user: User | AnonymousUser) -> bool:
    """Return whether ``user`` has a passkey or an authenticator app."""
    return bool(is_mfa_enabled(user, STRONG))


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


class OnceOnly:
    """Takes each code of an app once.

    allauth remembers a code for one period. A code is good for three, for the sake of slow fingers,
    and in the others it could be used again by whoever looked over a shoulder.
    """

    def clean_code(self) -> str:
        """Refuse a code that was used."""
        code: str = super().clean_code()  # type: ignore[misc]
        authenticator: Authenticator = self.authenticator  # type: ignore[attr-defined]
        is_app = authenticator.type == Authenticator.Type.TOTP
        key = key_of_used_code(authenticator.user_id, code)
        if is_app and not cache.add(key, True, timeout=3 * PERIOD):
            raise MFAAdapter().validation_error("incorrect_code")
        return code


def key_of_used_code(user_id: int, code: str) -> str:
    """Return where in the cache it is noted that somebody's code was used."""
    return f"totp-used-{user_id}-{''.join(filter(str.isdigit, code))}"


class SecondStepForm(OnceOnly, AuthenticateForm):  # type: ignore[misc]
    """Takes a code of the app, or a recovery code, after the first step of signing in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["code"])


class SecondStepAgainForm(OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    """Takes a code of the app, or a recovery code, from somebody who is signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["code"])


class AppForm(ActivateTOTPForm):  # type: ignore[misc]
    """Takes the first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["code"])


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """Takes a new passkey, which can always sign in by itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self.fields["name"])
        self.fields["passwordless"].widget = forms.HiddenInput()
        self.fields["passwordless"].initial = True

    def clean_passwordless(self) -> bool:
        """Leave no choice."""
        return True


class FirstPasskeyForm(SignupWebAuthnForm):  # type: ignore[misc]
    """Takes the passkey that opens a new account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self.fields["name"])


class PasskeyNameForm(EditWebAuthnForm):  # type: ignore[misc]
    """Takes another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self.fields["name"])


def _dress(field: forms.Field) -> None:
    field.label = _("Code")
    field.widget.attrs = {
        "class": "code-input",
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "maxlength": "20",
        "autofocus": True,
    }


def _name(field: forms.Field) -> None:
    field.label = _("Name")
    field.help_text = _("So that you know which one it is, such as “My phone”.")
    field.widget.attrs = {"maxlength": "60", "autocomplete": "off"}
