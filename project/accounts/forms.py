"""What people fill in to come in: an address, then a code that was mailed to it, or a password."""

from typing import Any

from allauth.account.forms import (
    ConfirmEmailVerificationCodeForm,
    ConfirmLoginCodeForm,
    ConfirmPasswordResetCodeForm,
    LoginForm,
    ResetPasswordForm,
    SignupForm,
)
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.forms import EmailInput, Field
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from project.accounts.models import User


class EntranceForm(LoginForm):  # type: ignore[misc]
    """Takes an address and mails a code to it, whether or not it has an account.

    One door for both: people do not remember where they have accounts, and a second form for new
    ones would have to say, on the page, which addresses are known.
    """

    user: User | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["login"]
        field.label = _("E-mail address")
        field.initial = self.request.GET.get("email", "") if self.request else ""
        # With "webauthn" browsers offer passkeys there, once js/passkeys.js has asked for one.
        field.widget.attrs = {"autocomplete": "username webauthn", "autofocus": True}

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Mail a code, and go to where it is typed in."""
        email = self.cleaned_data["login"]
        self.user = self.user or _open_account(request, email)
        if self.user:
            _register_address(self.user, email)
        response: HttpResponse = super().login(request, redirect_url)
        return response


class PasswordEntranceForm(LoginForm):  # type: ignore[misc]
    """Takes an address and its password, for those who have set one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email, password = self.fields["login"], self.fields["password"]
        email.label, password.label = _("E-mail address"), _("Password")
        email.initial = self.request.GET.get("email", "") if self.request else ""
        email.widget.attrs = {"autocomplete": "username", "autofocus": True}
        password.widget.attrs = {"autocomplete": "current-password"}
        password.help_text = ""

    def _setup_password_field(self) -> None:
        """Keep the field, which allauth takes away because nobody signs up with a password."""


class NewcomerForm(SignupForm):  # type: ignore[misc]
    """Takes the address of somebody who begins with a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress_address(self.fields["email"])


class ForgottenPasswordForm(ResetPasswordForm):  # type: ignore[misc]
    """Takes the address that a code for a new password is mailed to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress_address(self.fields["email"])


# Letters, so no numeric keypad; phones and browsers offer the code from the message.
CODE_INPUT = {
    "class": "code-input",
    "autocomplete": "one-time-code",
    "inputmode": "text",
    "autocapitalize": "characters",
    "spellcheck": "false",
    "maxlength": "20",
    "autofocus": True,
}


class CodeForm(ConfirmLoginCodeForm):  # type: ignore[misc]
    """Takes the code that was mailed to sign somebody in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs = CODE_INPUT


class AddressCodeForm(ConfirmEmailVerificationCodeForm):  # type: ignore[misc]
    """Takes the code that was mailed to prove a new address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs = CODE_INPUT


class PasswordCodeForm(ConfirmPasswordResetCodeForm):  # type: ignore[misc]
    """Takes the code that was mailed to somebody who forgot their password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs = CODE_INPUT


def dress_address(field: Field) -> None:
    """Have a field ask for an address as all of them do."""
    field.label = _("E-mail address")
    field.widget = EmailInput({"autocomplete": "email", "autofocus": True})


def _open_account(request: HttpRequest, email: str) -> User | None:
    """Begin an account, which is nobody's until the code proves the address.

    Return ``None`` if the address belongs to an account that was closed: its owner is told by mail.
    """
    form = SignupForm({"email": email})
    if not form.is_valid() or form.account_already_exists:
        return None
    try:
        with transaction.atomic():
            user: User = form.save(request)
            return user
    except IntegrityError:  # a double click, and the other request was first
        return User.objects.filter(email=email, is_active=True).first()


def _register_address(user: User, email: str) -> None:
    """Note the address of an account that a command or the admin made.

    Without it the code would prove nothing, and a second one would be asked for.
    """
    if email == user.email:
        EmailAddress.objects.get_or_create(user=user, email=email, defaults={"primary": True})
