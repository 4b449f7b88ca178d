"""The shop as the tests run it: the demo's settings, and nothing of the developer's own."""

import os

for _name in list(os.environ):
    if _name.startswith(("STRIPE_", "EMAIL_", "SHOP_", "SECRET_KEY", "SITE_URL", "ALLOWED_HOSTS")):
        del os.environ[_name]
os.environ.update(
    DEMO="1",
    ENV_FILE=os.devnull,
    DEBUG="0",
    STRIPE_SECRET_KEY="",
    SECRET_KEY="a key for tests only, which guards nothing that anyone would want",
    EMAIL_URL="memorymail://",
    LOG_LEVEL="WARNING",
    RATE_LIMITS="0",
)

from project.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
