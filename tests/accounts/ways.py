"""Signs people in as they do it themselves."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from project.accounts.models import User
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


def add_passkey(user: User) -> Authenticator:
    """Give somebody a passkey, such as a phone would make it; nobody keeps its private half."""
    passkey_id = user.email.encode()
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    made = AuthenticatorData.create(
        sha256(b"testserver"),
        AuthenticatorData.FLAG.AT | AuthenticatorData.FLAG.UP,
        0,
        AttestedCredentialData.create(bytes(16), passkey_id, public),
    )
    client_data = CollectedClientData.create("webauthn.create", b"challenge", "http://testserver")
    credential = {
        "id": websafe_encode(passkey_id),
        "rawId": websafe_encode(passkey_id),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(client_data),
            "attestationObject": websafe_encode(AttestationObject.create("none", made, {})),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
    data = {"name": "My phone", "credential": credential}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)


def is_signed_in(client: Client) -> bool:
    """Return whether somebody is signed in."""
    return "_auth_user_id" in client.session
