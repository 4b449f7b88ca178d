"""Signs people in as they do it themselves."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from tests.accounts.letters import newest_code

LOGIN = "/accounts/login/"
CONFIRM = "/accounts/login/code/confirm/"
SECOND_STEP = "/accounts/2fa/authenticate/"


def sign_in(client: Client, email: str, *, next_url: str = "") -> str:
    """Sign in with a mailed code; return where that leads."""
    client.post(LOGIN, {"login": email, "next": next_url})
    response = client.post(CONFIRM, {"code": newest_code(email), "next": next_url})
    return response.headers["Location"]


def forget_the_proof(client: Client) -> None:
    """Let so much time pass that signing in no longer proves anything."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()


def app_code(secret: str, *, periods: int = 0) -> str:
    """Return the code that an authenticator app shows ``periods`` of half a minute from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


def is_signed_in(client: Client) -> bool:
    """Return whether somebody is signed in."""
    return "_auth_user_id" in client.session
