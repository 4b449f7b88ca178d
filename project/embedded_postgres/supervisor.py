"""The process that looks after one server: it starts it, starts it again, and stops it.

It is a process of its own so that the server outlives whoever needed it first, and is stopped
whichever way the last one ends. If it is killed itself, the server goes on and the next
connection brings another supervisor, which takes over.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from project.embedded_postgres import PostgresUnavailable, explain
from project.embedded_postgres.folders import Home
from project.embedded_postgres.locks import is_at, open_lock, release, seize, sign
from project.embedded_postgres.postmaster import Postmaster, open_log

ROOT = Path(__file__).resolve().parents[2]
# What Python may need to start, and where the link to a long path lies. No secrets: it lives long.
INHERITED = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
SECONDS_BETWEEN_LOOKS = 0.2


def summon(
    data_dir: Path,
    *,
    install: Path,
    settings: Mapping[str, str],
    linger: float,
    timeout: float,
) -> None:
    """Bring a supervisor to life; return when its server takes connections, or when one is at work.

    Raise ``PostgresUnavailable`` if the server cannot be started, and also if it has not been
    after ``timeout`` seconds; then the supervisor goes on trying.
    """
    plan = [str(data_dir), str(install), dict(settings), linger]
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    try:
        launched = subprocess.run(
            [sys.executable, "-P", "-s", "-S", "-m", __name__, json.dumps(plan)],
            env=inherited | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            start_new_session=True,  # a Ctrl-C in the terminal is not for it
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PostgresUnavailable(
            f"PostgreSQL in {data_dir} has not started within a minute. It goes on trying, "
            "and may be recovering from a crash: try again later."
        ) from None
    if launched.returncode > 0:
        raise PostgresUnavailable(launched.stderr.strip())


class Supervisor:
    """Looks after one server for as long as it is leased and ``linger`` seconds more."""

    def __init__(self, home: Home, postmaster: Postmaster, *, linger: float) -> None:
        self.home = home
        self.postmaster = postmaster
        self.linger = linger

    def run(self, report: TextIO) -> None:
        """Work until nobody needs the server; close ``report`` when it takes connections.

        Return at once if another supervisor is at work.
        """
        lock = open_lock(self.home.supervisor)
        if not seize(lock):
            return
        sign(lock)
        leases = open_lock(self.home.leases)
        leased_at = time.monotonic()
        while is_at(lock, self.home.supervisor):
            if not seize(leases):
                self._keep_running()
                leased_at = time.monotonic()
            elif time.monotonic() - leased_at > self.linger:
                self.postmaster.stop()  # while we hold all leases: a newcomer waits
                self.home.tidy()
                return
            else:
                release(leases)
            report.close()
            time.sleep(SECONDS_BETWEEN_LOOKS)
        self.postmaster.abandon()  # the folder was removed

    def _keep_running(self) -> None:
        if not self.postmaster.is_running():
            self.postmaster.start()


def main() -> int:
    """Leave a supervisor behind; return 1 with a message if its server does not start."""
    if hasattr(os, "sched_setaffinity"):
        # Whoever needs the server may keep to one core themselves.
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    data_dir, install, settings, linger = json.loads(sys.argv[1])
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        with open(reader) as report:
            message = report.read()
        sys.stderr.write(message)
        return 1 if message else 0
    os.close(reader)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever ignores it bequeaths that
    with open(writer, "w") as report:
        try:
            home = Home(Path(data_dir))
            _speak_into(home.log)
            postmaster = Postmaster(home, install=Path(install), settings=settings)
            Supervisor(home, postmaster, linger=linger).run(report)
        except (PostgresUnavailable, OSError) as error:
            if report.closed:
                raise  # into the log
            report.write(explain(error))
    return 0


def _speak_into(log: Path) -> None:
    """Let go of the launcher's input and output, which somebody waits to see closed."""
    with open(os.devnull) as nothing, open_log(log) as said:
        os.dup2(nothing.fileno(), 0)
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)


if __name__ == "__main__":
    sys.exit(main())
