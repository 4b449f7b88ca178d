"""The owner's authenticator app, which everybody in the demo may look at.

The admin opens with a second step only. In the demo the owner has one that needs no phone.
"""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.core.cache import cache

from project.accounts.mfa import PERIOD, key_of_used_code
from project.accounts.models import User

OWNER = "owner@example.com"


def give_app(user: User) -> None:
    """Give ``user`` an app, unless there is a second step already."""
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, generate_totp_secret())


def current_code() -> str:
    """Return a code that lets the owner in now, or an empty text if there is no app any more.

    A real app shows one code; each is taken once, so whoever signs in twice within half a minute
    is shown the next, which is good already.
    """
    app = Authenticator.objects.filter(user__email=OWNER, type=Authenticator.Type.TOTP).first()
    if not app:
        return ""
    secret, now = decrypt(app.data["secret"]), int(time.time()) // PERIOD
    codes = [format_hotp_value(hotp_value(secret, now + shift)) for shift in (0, 1, -1)]
    unused = (code for code in codes if not cache.get(key_of_used_code(app.user_id, code)))
    return str(next(unused, codes[0]))
