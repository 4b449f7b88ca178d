"""“Demo ID”: an OpenID Connect server on this machine, where accounts elsewhere can be tried.

Somebody else's program, oidc-provider-mock, which is installed with the development tools. It asks
for no password: whoever can reach it can be anybody, so it listens on the loopback alone, and only
where the shop does.
"""

import json
import sys
from collections.abc import Mapping
from importlib.util import find_spec

NAME = "Demo ID"
PORT = "DEMO_ID_PORT"
LOOPBACK = "127.0.0.1"
PEOPLE = {"learner@example.com": "Lee Learner", "dana@example.com": "Dana Demo"}


def settings_of_identity(port: int) -> dict[str, str]:
    """Return the environment of a demo whose people may sign in with Demo ID on ``port``."""
    return {
        PORT: str(port),
        "OIDC_SERVER_URL": f"http://{LOOPBACK}:{port}",
        "OIDC_NAME": NAME,
        "OIDC_CLIENT_ID": "lectern-demo",
        "OIDC_CLIENT_SECRET": "nothing worth keeping",
        "OIDC_TRUST_EMAIL": "1",
    }


def is_wanted(host: str, *, given: Mapping[str, str]) -> bool:
    """Return whether there is to be one: it is installed, and nothing stands in its place."""
    is_taken = bool(given.get("OIDC_SERVER_URL")) and not given.get(PORT)
    is_installed = find_spec("oidc_provider_mock") is not None
    return is_installed and not is_taken and host in ("localhost", LOOPBACK)


def identity_server(given: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the program to run, by its name; none if there is to be none."""
    port = given.get(PORT)
    if not port:
        return {}
    people = [
        part for email, name in PEOPLE.items() for part in ("--user-claims", _claims(email, name))
    ]
    options = ["--host", LOOPBACK, "--port", port, *people]
    return {f"server of {NAME}": [sys.executable, "-c", QUIETLY, *options]}


# Its own entry, without a line for each request.
QUIETLY = """
import logging, sys
logging.disable(logging.WARNING)
from oidc_provider_mock.__main__ import run
sys.argv[0] = "oidc-provider-mock"
run()
"""


def _claims(email: str, name: str) -> str:
    return json.dumps({"sub": email, "email": email, "email_verified": True, "name": name})
