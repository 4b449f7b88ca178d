"""The second step of signing in, and the forms of passkeys and authenticator apps.

Apart from the rules in ``mfa``, because what it needs for passkeys is slow to load.
"""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm, SignupWebAuthnForm
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from project.accounts.mfa import PERIOD, MFAAdapter, key_of_used_code, takes_second_step


class SecondStep(AuthenticateStage):  # type: ignore[misc]
    """Stands in the way of people who are to show a second thing that is theirs."""

    def handle(self) -> tuple[Any, bool]:
        """Ask for it, or let them pass."""
        if not takes_second_step(self.login.user):
            return None, True
        answer: tuple[Any, bool] = super().handle()
        return answer


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
