"""``manage.py demo``: the whole shop on this machine, with nothing to configure."""

import os
import sys
from argparse import ArgumentParser
from typing import Any, NoReturn
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from project.demo.address import (
    EVERYWHERE,
    CannotListen,
    is_in_force,
    local_url,
    reserve_port,
    settings_for,
)
from project.demo.identity import (
    LOOPBACK,
    PORT,
    identity_server,
    is_wanted,
    settings_of_identity,
)
from project.demo.serving import ProgramEnded, Stop, serve

TEST_CARD = "4242 4242 4242 4242"


class Command(BaseCommand):
    """Prepares the demo, serves it, and stops it."""

    help = "Run the shop with three courses, a mailbox and a stand-in for Stripe. Ctrl-C stops it."
    # They would look at the settings before those of the demo are in force.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to listen, and whether to begin anew."""
        parser.add_argument("--host", default="localhost", help="where to listen (localhost)")
        parser.add_argument(
            "--port", type=int, default=8000, help="where to listen (8000); 0 takes a free one"
        )
        parser.add_argument(
            "--reset", action="store_true", help="delete what the demo holds, and begin anew"
        )

    def handle(self, *, host: str, port: int, reset: bool, **options: Any) -> None:
        """Run the demo until a signal stops it."""
        if settings.STRIPE_LIVEMODE:
            raise CommandError(
                "STRIPE_SECRET_KEY is a live key, and the demo never takes real money. "
                "Remove it for the sandbox, or use a test key."
            )
        try:
            port = reserve_port(host, port)
            wanted = settings_for(host, port, given=os.environ) | _identity(host)
        except CannotListen as error:
            raise CommandError(str(error)) from error
        if not is_in_force(wanted):
            _start_again(wanted, port)
        stop = Stop()
        try:
            with stop.interrupting():
                self.prepare(reset=reset)
            self.serve(host, port, stop)
        except KeyboardInterrupt:
            pass
        self.stdout.write("\nStopped.")

    def prepare(self, *, reset: bool) -> None:
        """Make what is missing."""
        from project.demo.preparation import RefusedToPrepare, prepare

        try:
            prepare(self.say, reset=reset)
        except RefusedToPrepare as refusal:
            raise CommandError(str(refusal)) from refusal

    def serve(self, host: str, port: int, stop: Stop) -> None:
        """Run the web server and the worker until we are asked to stop."""
        self.say("Starting the shop and its worker")
        ready_url = f"{local_url(host, port)}/readyz"
        try:
            serve(
                {
                    **identity_server(os.environ),
                    "web server": _web_server(host, port),
                    "job worker": _worker(),
                },
                stop=stop,
                is_ready=lambda: _answers(ready_url),
                announce=lambda: self.say(_welcome(host)),
            )
        except ProgramEnded as error:
            raise CommandError(f"{error} The demo has stopped.") from error

    def say(self, text: str) -> None:
        """Write at once, even into a pipe."""
        self.stdout.write(text)
        self.stdout.flush()


def _start_again(environment: dict[str, str], port: int) -> NoReturn:
    """Become the same command under the demo's settings, which were read before it began."""
    sys.stdout.flush()
    arguments = [sys.executable, *sys.orig_argv[1:], "--port", str(port)]
    os.execve(sys.executable, arguments, {**os.environ, **environment})  # noqa: S606


def _identity(host: str) -> dict[str, str]:
    """Return the settings for Demo ID, which keeps the port that it was given first."""
    if not is_wanted(host, given=os.environ):
        return {}
    port = os.environ.get(PORT) or reserve_port(LOOPBACK, 0)
    return settings_of_identity(int(port))


def _web_server(host: str, port: int) -> list[str]:
    options = {
        "--app-dir": settings.BASE_DIR,
        "--host": host,
        "--port": port,
        "--log-level": "warning",
        "--timeout-graceful-shutdown": 3,
    }
    pairs = [str(part) for pair in options.items() for part in pair]
    return [sys.executable, "-m", "uvicorn", "project.asgi:application", "--no-access-log", *pairs]


def _worker() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--patience", "3"]


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as response:  # noqa: S310  our own
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def _welcome(host: str) -> str:
    site = settings.SITE_URL
    money = "in the sandbox" if settings.SANDBOX else "in Stripe's test mode, with your own keys"
    controls = f"\n  Controls   {site}/sandbox/controls/  (make payments go wrong)"
    reach = ", and listens on every address of this machine" if host in EVERYWHERE else ""
    return f"""
{settings.SHOP_NAME} is open at {site}{reach}

  Mailbox    {site}/demo/mailbox/
  Admin      {site}/admin/{controls if settings.SANDBOX else ""}

  Sign in    as learner@example.com or owner@example.com (staff), or as anybody:
             the code is in the mailbox, and so is that of the owner's authenticator app
  Pay        with the card {TEST_CARD}, any future date, any CVC,
             {money}

  Stop       with Ctrl-C. What you do is kept; `demo --reset` begins anew.
"""
