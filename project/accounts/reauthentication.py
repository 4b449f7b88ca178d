"""Shows once more that it is them: by mail, for people who have nothing else to show.

allauth asks for a password or a second step before it touches the safety of an account, and waves
through whoever has neither: a stolen session could give itself a passkey. Here they are mailed a
code.
"""

import time
from typing import Any, Self

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import (
    get_authentication_records,
    record_authentication,
)
from allauth.account.models import EmailAddress
from django.conf import settings
from django.http import HttpRequest

SESSION_KEY = "reauthentication_code"
MAX_ATTEMPTS = 3


def accept_fresh_code(request: HttpRequest) -> bool:
    """Return whether a mailed code was typed in within the last few minutes.

    The code that somebody has just signed in with counts: it is what they would be asked for. It is
    marked as such, so that it also counts a moment later, when they have added what they came for.
    """
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    limit = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    fresh = [one for one in records if one["method"] == "code" and one["at"] > limit]
    for record in fresh:
        if not record.get("reauthenticated"):
            record["reauthenticated"] = request.session.modified = True
    return bool(fresh)


class ReauthenticationCode(AbstractCodeVerificationProcess):  # type: ignore[misc]
    """A code that was mailed to somebody who is signed in."""

    def __init__(self, request: HttpRequest, state: dict[str, Any]) -> None:
        self.request = request
        super().__init__(
            max_attempts=MAX_ATTEMPTS,
            timeout=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT,
            state=state,
            user=request.user,
        )

    @classmethod
    def pending(cls, request: HttpRequest) -> Self | None:
        """Return the code that waits to be typed in."""
        state = request.session.get(SESSION_KEY)
        found: Self | None = cls(request, state).abort_if_invalid() if state else None
        return found

    @classmethod
    def mail(cls, request: HttpRequest) -> Self:
        """Mail a code to the address of whoever is signed in."""
        code = cls(request, cls.initial_state(user=request.user, email=address_of(request)))
        code.send()
        code.persist()
        return code

    def send(self) -> None:
        """Make the code, and mail it."""
        adapter = get_adapter()
        self.state["code"] = adapter.generate_login_code()
        context = {"code": self.code}
        adapter.send_mail("account/email/reauthentication_code", self.state["email"], context)

    def finish(self) -> None:
        """Note that the right code was typed in."""
        self.abort()
        record_authentication(
            self.request,
            self.request.user,
            method="code",
            reauthenticated=True,
            email=self.state["email"],
        )

    def persist(self) -> None:
        """Keep it in the session, where only this browser can use it."""
        self.request.session[SESSION_KEY] = self.state

    def abort(self) -> None:
        """Forget it."""
        self.request.session.pop(SESSION_KEY, None)


def address_of(request: HttpRequest) -> str:
    """Return the primary address of whoever is signed in."""
    email: str | None = EmailAddress.objects.get_primary_email(request.user)
    return email or request.user.email  # type: ignore[union-attr]
