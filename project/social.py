"""The accounts elsewhere that people may sign in with: those that the environment names.

Whose word about an address is taken is decided here, for each by itself. Whoever is believed that
an address is somebody's can sign in as that somebody: Google, GitHub and Apple prove addresses
before they call them verified; of any other server that is not known, so its operator must say.
"""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from project.environment import Environment

type Providers = dict[str, dict[str, Any]]

OWN_SERVER = "sso"  # as it stands in the callback's URL

SIGN_IN_HOSTS = {
    "google": "https://accounts.google.com",
    "github": "https://github.com",
    "apple": "https://appleid.apple.com",
}


def read_providers(env: Environment) -> Providers:
    """Return allauth's ``SOCIALACCOUNT_PROVIDERS``: what is configured, in the order of the page.

    Raise ``ImproperlyConfigured`` for what is configured by half.
    """
    found = {
        "google": _google(env),
        "apple": _apple(env),
        "github": _github(env),
        "openid_connect": _own_server(env),
    }
    return {
        name: {"APPS": [app], "OAUTH_PKCE_ENABLED": True, **_options(name)}
        for name, app in found.items()
        if app
    }


def applications(providers: Providers) -> list[str]:
    """Return the Django applications of the ``providers``, so that no others have URLs."""
    return [f"allauth.socialaccount.providers.{name}" for name in providers]


def sign_in_hosts(providers: Providers, env: Environment) -> list[str]:
    """Return whereto a form of ours may lead, for the Content-Security-Policy."""
    known = [SIGN_IN_HOSTS[name] for name in providers if name in SIGN_IN_HOSTS]
    own = [_origin(app["settings"]["server_url"]) for app in _own_apps(providers)]
    return known + own + (env.list("OIDC_MORE_HOSTS", default=[]) if own else [])


def _google(env: Environment) -> dict[str, Any] | None:
    return _app(
        GOOGLE_CLIENT_ID=env("GOOGLE_CLIENT_ID", default=""),
        GOOGLE_CLIENT_SECRET=env("GOOGLE_CLIENT_SECRET", default=""),
    )


def _github(env: Environment) -> dict[str, Any] | None:
    return _app(
        GITHUB_CLIENT_ID=env("GITHUB_CLIENT_ID", default=""),
        GITHUB_CLIENT_SECRET=env("GITHUB_CLIENT_SECRET", default=""),
    )


def _apple(env: Environment) -> dict[str, Any] | None:
    app = _app(
        APPLE_CLIENT_ID=env("APPLE_CLIENT_ID", default=""),
        APPLE_KEY_ID=env("APPLE_KEY_ID", default=""),
        APPLE_TEAM_ID=env("APPLE_TEAM_ID", default=""),
        APPLE_PRIVATE_KEY=env("APPLE_PRIVATE_KEY", default="").replace("\\n", "\n"),
    )
    if app:
        team, key = app.pop("more")
        app["key"], app["settings"]["certificate_key"] = team, key
    return app


def _own_server(env: Environment) -> dict[str, Any] | None:
    app = _app(
        OIDC_CLIENT_ID=env("OIDC_CLIENT_ID", default=""),
        OIDC_CLIENT_SECRET=env("OIDC_CLIENT_SECRET", default=""),
        OIDC_SERVER_URL=env("OIDC_SERVER_URL", default="").rstrip("/"),
    )
    if app:
        [server_url] = app.pop("more")
        app |= {
            "provider_id": OWN_SERVER,
            "name": env("OIDC_NAME", default=urlsplit(server_url).hostname),
            "settings": {
                "server_url": server_url,
                "fetch_userinfo": True,
                "email_authentication": env.bool("OIDC_TRUST_EMAIL", default=False),
            },
        }
    return app


def _app(**given: str) -> dict[str, Any] | None:
    """Return an app of allauth's; the first two values are its id and secret."""
    if not any(given.values()):
        return None
    if missing := [name for name, value in given.items() if not value]:
        provider = next(iter(given)).partition("_")[0]
        raise ImproperlyConfigured(f"{provider} is configured by half: set {', '.join(missing)}.")
    client_id, secret, *more = given.values()
    app: dict[str, Any] = {"client_id": client_id, "secret": secret}
    app["settings"] = {"email_authentication": True}
    return app | ({"more": more} if more else {})


def _options(name: str) -> dict[str, Any]:
    options: dict[str, dict[str, Any]] = {
        # Of several Google accounts, the person says which.
        "google": {"SCOPE": ["profile", "email"], "AUTH_PARAMS": {"prompt": "select_account"}},
        "github": {"SCOPE": ["user:email"]},
    }
    return options.get(name, {})


def _own_apps(providers: Providers) -> list[dict[str, Any]]:
    return list(providers.get("openid_connect", {}).get("APPS", []))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
