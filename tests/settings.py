"""The shop as the tests run it: the demo's settings, and nothing of the developer's own."""

import os
from tempfile import TemporaryDirectory

OWN = "STRIPE_ EMAIL_ SHOP_ SECRET_KEY SITE_URL ALLOWED_HOSTS GOOGLE_ GITHUB_CLIENT APPLE_ OIDC_"
for _name in list(os.environ):
    if _name.startswith(tuple(OWN.split())):
        del os.environ[_name]
_media = TemporaryDirectory(prefix="lectern-media-")  # removed when the tests end
os.environ.update(
    DEMO="1",
    ENV_FILE=os.devnull,
    DEBUG="0",
    STRIPE_SECRET_KEY="",
    SECRET_KEY="a key for tests only, which guards nothing that anyone would want",
    EMAIL_URL="memorymail://",
    LOG_LEVEL="WARNING",
    RATE_LIMITS="0",
    PAGE_CACHE_MB="0",  # most tests change courses in a transaction that never ends
    MEDIA_ROOT=_media.name,
    ONE_CORE="0",  # servers in threads of the tests come and go
)

from project.settings import *  # noqa: E402, F403

if IS_LOCAL:  # noqa: F405
    # A server of their own, which need not survive a power cut: it need not wait for the disk.
    DATABASES["default"]["OPTIONS"] |= {  # noqa: F405
        "data_dir": DATA_DIR / "tests",  # noqa: F405
        "server_options": {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"},
    }

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Their pages exist, so that tests can configure them; nobody is offered what is not configured.
INSTALLED_APPS += [  # noqa: F405
    f"allauth.socialaccount.providers.{_name}"
    for _name in ("google", "apple", "github", "openid_connect")
]
