"""``manage.py prove``: random histories in a scratch database, and what must be true after each."""

import logging
import os
import secrets
import signal
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

if TYPE_CHECKING:
    from checkout.proving.proof import Verdict

# The sandbox is there in the demo's settings, and where no key of Stripe's is.
ENVIRONMENT = {
    "DEMO": "1",
    "DEBUG": "0",
    "RATE_LIMITS": "0",
    "STRIPE_SECRET_KEY": "",
    "STRIPE_SECRET_KEY_FILE": "",
    "STRIPE_API_BASE": "",
    "STRIPE_WEBHOOK_SECRET": "",
    "STRIPE_WEBHOOK_SECRET_FILE": "",
}
SABOTAGES = (
    "constraint-dropped",
    "amount-unchecked",
    "granted-outside",
    "lock-forgotten",
    "event-trusted",
)


class Command(BaseCommand):
    """Tries to break the shop, and says whether it could."""

    help = (
        "Play random histories of everything that can happen to an order, against a scratch "
        "database and through the sandbox, and check what must be true after each. Exits with 1 "
        "if something is not; then the smallest history that shows it is printed."
    )
    requires_system_checks = []  # they would look at the settings before the sandbox's are in force

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how many histories, which ones, and what to break before."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument("--histories", type=int, default=200, help="how many (200)")
        parser.add_argument("--seed", type=int, help="where chance begins (anywhere)")
        parser.add_argument(
            "--workers",
            type=int,
            default=os.cpu_count() or 1,
            help="how many processes, each with a seed and a database of its own (the processors)",
        )
        parser.add_argument("--replay", metavar="HISTORY", help="play this one, as it was printed")
        parser.add_argument(
            "--sabotage",
            choices=SABOTAGES,
            help="break the shop on purpose, to see that the proof finds it",
        )

    def handle(
        self,
        *,
        histories: int,
        seed: int | None,
        workers: int,
        replay: str | None,
        sabotage: str | None,
        **options: Any,
    ) -> None:
        """Prove, print what came of it, and exit with 1 if an invariant broke."""
        if find_spec("hypothesis") is None:
            raise CommandError("The proof needs Hypothesis: install it with `uv sync --group dev`.")
        if not settings.SANDBOX:
            _start_again()
        seed = secrets.randbelow(10**9) if seed is None else seed
        try:
            with _quiet_and_stoppable():
                if replay:
                    verdict = _replay(replay, sabotage)
                else:
                    verdict = _prove(histories, seed, max(1, min(workers, histories)), sabotage)
        except KeyboardInterrupt:
            raise CommandError("Stopped. The scratch databases are gone.") from None
        self._print(verdict, is_replay=bool(replay))
        if not verdict.holds:
            sys.exit(1)

    def _print(self, verdict: "Verdict", *, is_replay: bool) -> None:
        from checkout.proving.proof import NAMES

        if not is_replay:
            self.stdout.write(f"Seed {verdict.seed}")  # of the process that found something
        self.stdout.write(f"{verdict.histories} histories\n")
        for name in NAMES:
            self.stdout.write(f"{verdict.checks[name]:8}  {name}")
        if verdict.violation is None:
            self.stdout.write("\nNothing was found.")
        else:
            self._print_violation(verdict)

    def _print_violation(self, verdict: "Verdict") -> None:
        violation, history = verdict.violation, verdict.history
        self.stdout.write(f"\nBroken: {violation}\n\nThe smallest history that shows it:\n")
        self.stdout.write(f"  manage.py prove --replay '{history}'")


@contextmanager
def _quiet_and_stoppable() -> Iterator[None]:
    """Log nothing of what goes wrong on purpose, and stop at SIGTERM as at Ctrl-C."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
        logging.disable(disabled)


def _prove(count: int, seed: int, workers: int, sabotage: str | None) -> "Verdict":
    from checkout.proving.crew import prove_together

    with tqdm(total=count, unit=" histories", disable=None) as bar:
        return prove_together(
            count=count, seed=seed, workers=workers, sabotage=sabotage, watch=bar.update
        )


def _replay(text: str, sabotage: str | None) -> "Verdict":
    from checkout.proving import proof
    from checkout.proving.histories import History
    from checkout.proving.sabotage import SABOTAGES
    from checkout.proving.scratch import scratch_database

    try:
        history = History.parse(text)
    except ValueError as error:
        raise CommandError(str(error)) from error
    with scratch_database(), SABOTAGES[sabotage]() if sabotage else nullcontext():
        return proof.replay(history)


def _start_again() -> NoReturn:
    """Become the same command under the sandbox's settings, which were read before it began."""
    sys.stdout.flush()
    arguments = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, arguments, {**os.environ, **ENVIRONMENT})  # noqa: S606
