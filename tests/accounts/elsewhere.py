"""An OpenID Connect server, and how people go there and come back."""

from contextlib import contextmanager
from urllib.parse import urljoin
from urllib.request import HTTPRedirectHandler, build_opener

from django.test import Client
from oidc_provider_mock import User, run_server_in_thread

LOGIN = "/accounts/oidc/sso/login/"


class Server:
    """A server where anybody can be whoever the test says."""

    def __init__(self, url: str) -> None:
        self.url = url

    def providers(self, *, is_trusted: bool) -> dict:
        """Return allauth's settings for it."""
        settings = {
            "server_url": self.url,
            "fetch_userinfo": True,
            "email_authentication": is_trusted,
        }
        app = {"provider_id": "sso", "name": "School", "client_id": "shop", "secret": "s3cret"}
        return {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [{**app, "settings": settings}],
            }
        }


@contextmanager
def running(*people: dict):
    """Run a server where these people are known, each with a ``sub`` and other claims."""
    known = [User(sub=one["sub"], claims=one) for one in people]
    with run_server_in_thread(user_claims=known) as server:
        yield Server(f"http://localhost:{server.server_port}")


class _StayHere(HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def sign_in_elsewhere(client: Client, sub: str, *, next_url: str = ""):
    """Leave for the server, be ``sub`` there, come back; return the answer to coming back."""
    leaving = client.post(f"{LOGIN}?process=login&next={next_url}")
    return client.get(authorize(leaving.headers["Location"], sub))


def authorize(url: str, sub: str) -> str:
    """Press the server's button as ``sub``; return where that leads."""
    try:
        build_opener(_StayHere).open(url, f"sub={sub}".encode(), timeout=10)
    except OSError as answer:
        return urljoin(url, answer.headers["Location"])
    raise AssertionError("The server did not send us back.")
