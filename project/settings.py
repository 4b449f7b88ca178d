"""The configuration, from the environment. Every variable is explained in ``.env.example``."""

import hashlib
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from project import social
from project.environment import (
    Environment,
    embedded_postgres_is_installed,
    local_secret,
    media_hosts,
    refuse_live_key_at_foreign_base,
)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / ".data"

env = Environment()
env.read_env(env("ENV_FILE", default=str(BASE_DIR / ".env")))

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)

# Where we are

SITE_URL = env("SITE_URL", default="http://localhost:8000").rstrip("/")
SITE_HOST = urlsplit(SITE_URL).hostname or "localhost"
SITE_IS_SECURE = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[SITE_HOST])
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_IS_SECURE else []

# The database: a server that is named, or the embedded one of a local checkout

DATABASE_URL = env("DATABASE_URL", default="")
IS_LOCAL = not DATABASE_URL and embedded_postgres_is_installed()
# Which handler serves requests: one-hop (project/one_hop.py), or Django's own (project/stock.py).
ASGI_HANDLER = env("ASGI_HANDLER", default="one-hop")
if ASGI_HANDLER not in ("one-hop", "django"):
    raise ImproperlyConfigured(f"ASGI_HANDLER={ASGI_HANDLER!r}: it is one-hop or django.")
# Long-lived threads keep their connections, so they persist; with Django's handler they would leak.
CONNECTIONS = {
    "CONN_MAX_AGE": None if ASGI_HANDLER == "one-hop" else 0,
    "CONN_HEALTH_CHECKS": True,
}

if DATABASE_URL:
    DATABASES = {
        "default": {
            **env.database("DATABASE_URL", override="DATABASE_PASSWORD"),
            **CONNECTIONS,
        }
    }
elif IS_LOCAL:
    DATABASES = {
        "default": {
            "ENGINE": "project.embedded_postgres",
            "NAME": "lectern",
            "OPTIONS": {
                "data_dir": Path(env("EMBEDDED_POSTGRES_DIR", default=str(DATA_DIR / "postgres")))
            },
            **CONNECTIONS,
        }
    }
else:
    raise ImproperlyConfigured(
        "DATABASE_URL is not set. Name a PostgreSQL server, for example "
        "postgres://user:password@host:5432/lectern; or, on your own machine, run `uv sync`, "
        "which installs the embedded one."
    )

# What is asked and changed most is prepared on each connection (project/statement.py). psycopg does
# not prepare besides: whenever it takes back its own statements, it would take back these as well.
PREPARED_STATEMENTS = env.bool("PREPARED_STATEMENTS", default=True)
if PREPARED_STATEMENTS:
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        server_side_binding=True, prepare_threshold=None
    )

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Secrets

SECRET_KEY = env("SECRET_KEY", default="") or (
    local_secret(DATA_DIR / "secret_key") if IS_LOCAL else ""
)
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Give it at least 50 random characters, and keep them: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# The shop

SHOP_NAME = env("SHOP_NAME", default="Lectern")
SHOP_CURRENCY = env("SHOP_CURRENCY", default="usd").lower()
# Days within which every purchase is given back without a question; 0 promises nothing.
REFUND_DAYS = env.int("REFUND_DAYS", default=14)

# Stripe, or the sandbox that stands in for it

STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
STRIPE_API_BASE = env("STRIPE_API_BASE", default="")
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRET", default=[])
refuse_live_key_at_foreign_base(STRIPE_SECRET_KEY, STRIPE_API_BASE)

SANDBOX = DEMO and not STRIPE_SECRET_KEY
if SANDBOX:
    STRIPE_SECRET_KEY = "sk_test_sandbox"  # noqa: S105  any test key will do there
    STRIPE_API_BASE = f"{SITE_URL}/sandbox"
    STRIPE_WEBHOOK_SECRETS = [
        "whsec_" + hashlib.sha256(f"sandbox webhook {SECRET_KEY}".encode()).hexdigest()
    ]
STRIPE_LIVEMODE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))

# Accounts elsewhere that people may sign in with

SOCIALACCOUNT_PROVIDERS = social.read_providers(env)

# Applications

INSTALLED_APPS = [
    "project",
    "project.accounts",
    "checkout",
    "library",
    "catalog",
    *(["checkout.sandbox"] if SANDBOX else []),
    *(["project.demo"] if DEMO else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "heroicons",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    *social.applications(SOCIALACCOUNT_PROVIDERS),
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "project.compression.CompressText",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "project.headers.more_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "project.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "project.accounts.browsers.remember_browser",
    # The last: what comes before it stays with who is really there.
    "library.preview.middleware.look_as_somebody_else",
]

ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "project.context_processors.shop",
            ],
        },
    }
]

# People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["project.accounts.backend.Backend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "catalog:course_list"

ACCOUNT_ADAPTER = "project.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "confirm_login_code": "project.accounts.forms.CodeForm",
    "confirm_email_verification_code": "project.accounts.forms.AddressCodeForm",
    "confirm_password_reset_code": "project.accounts.forms.PasswordCodeForm",
    "signup": "project.accounts.forms.NewcomerForm",
    "reset_password": "project.accounts.forms.ForgottenPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600  # seconds; the default of 180 is short for slow mail
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 600  # seconds
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

MFA_ADAPTER = "project.accounts.mfa.MFAAdapter"
MFA_FORMS = {
    "authenticate": "project.accounts.second_step.SecondStepForm",
    "reauthenticate": "project.accounts.second_step.SecondStepAgainForm",
    "activate_totp": "project.accounts.second_step.AppForm",
    "add_webauthn": "project.accounts.second_step.PasskeyForm",
    "signup_webauthn": "project.accounts.second_step.FirstPasskeyForm",
    "edit_webauthn": "project.accounts.second_step.PasskeyNameForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SITE_IS_SECURE  # http://localhost; browsers allow no other
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = SHOP_NAME
MFA_TOTP_TOLERANCE = 1  # the code before and the next: people type slowly, and clocks differ
# The entrance asks for a challenge whenever it is opened, for passkeys to be offered in its field.
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}

SOCIALACCOUNT_ADAPTER = "project.accounts.social.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {
    "signup": "project.accounts.social.MissingAddressForm",
    "disconnect": "project.accounts.social.DisconnectAnyForm",
}
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True

# Whether one may buy with nothing but an e-mail address (checkout/guests.py)

GUEST_CHECKOUT = env.bool("GUEST_CHECKOUT", default=True)

# Jobs are looked for in the `jobs` module of each application (project/jobs.py)

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# Mail

MAILERS = {
    "default": {"BACKEND": "project.demo.mail_backend.EmailBackend"}
    if DEMO and not env("EMAIL_URL", default="")
    else env.mailer("EMAIL_URL", default="consolemail://" if IS_LOCAL else "smtp://localhost:25")
}
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"{SHOP_NAME} <shop@{SITE_HOST}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Shared by all processes, because the limits on sign-in attempts live in it

CACHES = {"default": env.cache_url("CACHE_URL", default="dbcache://cache")}

# Static files

STATIC_URL = "static/"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [BASE_DIR / "static"]
# Another htmx than the one that django-htmx brings: the path of its script.
HTMX_SCRIPT = env("HTMX_SCRIPT", default="")
if HTMX_SCRIPT:
    STATICFILES_DIRS += [("htmx", Path(HTMX_SCRIPT).parent)]
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(BASE_DIR / ".static")))
# Until `collectstatic` has run, as in a fresh checkout, files are served from where they lie.
IS_COLLECTED = not DEBUG and (STATIC_ROOT / "staticfiles.json").exists()
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "protected": {"BACKEND": "catalog.media.keeping.ProtectedFolder"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_COLLECTED or not (IS_LOCAL or DEMO)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IS_COLLECTED
warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)
# Otherwise their sizes are remembered, and an edited file would be cut or refused.
WHITENOISE_AUTOREFRESH = not IS_COLLECTED
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Pictures that staff upload, and those that are drawn for link previews

MEDIA_URL = "media/"
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(DATA_DIR / "media")))
FILE_UPLOAD_PERMISSIONS = 0o644
# Where a proxy finds what lies in MEDIA_ROOT/protected, if it sends videos and files for us.
MEDIA_ACCEL = env("MEDIA_ACCEL", default="")
# How large a lesson's video or file may be that staff upload (project/uploads.py).
UPLOAD_MAX_MB = env.int("UPLOAD_MAX_MB", default=500)
# A bucket of S3, or what speaks like it, that keeps videos and files instead (library/media.py).
S3_BUCKET = env("S3_BUCKET", default="")
S3_ENDPOINT = env("S3_ENDPOINT", default="").rstrip("/")
S3_REGION = env("S3_REGION", default="")
if S3_BUCKET:
    STORAGES["protected"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT or None,
            "region_name": S3_REGION or None,
            "access_key": env("S3_ACCESS_KEY", default="") or None,
            "secret_key": env("S3_SECRET_KEY", default="") or None,
            "signature_version": "s3v4",
            "default_acl": None,  # the bucket's own, which lets nobody in
            "querystring_auth": True,
            "file_overwrite": False,
        },
    }

# Language and time

LANGUAGES = [("en", "English"), ("id", "Bahasa Indonesia")]
LANGUAGE_CODE = env("SHOP_LANGUAGE", default="en").lower()
LOCALE_PATHS = [BASE_DIR / "project" / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise ImproperlyConfigured(
        f"SHOP_LANGUAGE={LANGUAGE_CODE!r}: the shop speaks {', '.join(dict(LANGUAGES))}."
    )

# Security

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", *media_hosts(S3_BUCKET, S3_ENDPOINT)],
    "media-src": [CSP.SELF, *media_hosts(S3_BUCKET, S3_ENDPOINT)],
    # Videos that lie with others, once somebody asks for one (catalog/media/embeds.py).
    "frame-src": ["https://www.youtube-nocookie.com", "https://player.vimeo.com"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    # Chromium holds the redirect that answers a form's POST to this list as well.
    "form-action": [
        CSP.SELF,
        SITE_URL,
        "https://checkout.stripe.com",
        *social.sign_in_hosts(SOCIALACCOUNT_PROVIDERS, env),
    ],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

SESSION_ENGINE = "project.accounts.sessions"
MESSAGE_STORAGE = "project.messages.Storage"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30  # seconds
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_IS_SECURE
SESSION_COOKIE_NAME = "__Host-session" if SITE_IS_SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SITE_IS_SECURE else "csrf"
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_NAME = "__Host-language" if SITE_IS_SECURE else "language"
LANGUAGE_COOKIE_SECURE = SITE_IS_SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365  # seconds
CSRF_FAILURE_VIEW = "project.errors.csrf_failure"

SECURE_SSL_REDIRECT = SITE_IS_SECURE
# Gateways do not follow redirects, and what they send is signed: `stripe listen` may speak to us
# inside of the containers' network without a certificate.
SECURE_REDIRECT_EXEMPT = [r"^webhooks/"]
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_SECURE else 0
# What a shop may promise for itself alone; its neighbors on the domain are not ours to speak for.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# Limits on how often forms may be sent (project/limits.py)

RATE_LIMITS = env.bool("RATE_LIMITS", default=True)

# Whether each process keeps in memory what orders are waited for (checkout/watch.py)

ORDER_WATCH = env.bool("ORDER_WATCH", default=False)

# Serving (project/site.py)

# Whether each process keeps to a core of its own (project/one_core.py).
ONE_CORE = env.bool("ONE_CORE", default=True)

# How many threads may work on each kind of request in one process. What settles an order waits for
# the database most of its time: with three threads, a fifth of the core was idle.
REQUEST_THREADS = {
    "pages": env.int("PAGE_THREADS", default=4),
    "gateway": env.int("GATEWAY_THREADS", default=4),
    "webhooks": env.int("WEBHOOK_THREADS", default=8),
    **({"sandbox": 4, "sandbox api": 4} if SANDBOX else {}),
}

# How much each process remembers of what strangers are shown (project/page_cache.py). Nothing while
# templates are being written: an edited one changes no course.

PAGE_CACHE_MB = env.int("PAGE_CACHE_MB", default=0 if DEBUG else 16)

# Logging: to the console, one line an event, no personal data

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    # It tells of every start and every job, in every command.
    # And Stripe's library quotes what customers typed: what matters of it, our own lines say.
    "loggers": {"procrastinate": {"level": "WARNING"}, "stripe": {"level": "CRITICAL"}},
}
