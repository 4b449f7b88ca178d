"""The server's process: starting it, knowing whether it lives, ending it."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from project.embedded_postgres import PostgresUnavailable
from project.embedded_postgres.cluster import ENVIRONMENT, prepare
from project.embedded_postgres.folders import SOCKET, Home
from project.embedded_postgres.locks import is_seized, open_folder, seize

SETTINGS = {
    "listen_addresses": "",
    # The data folder, which is the server's working directory: a server whose folder was
    # removed cannot touch the socket of its successor, and the path is never too long.
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    # A page anywhere costs about as much as the next one: disks have no heads any more. With the
    # 4 of old a search that finds a tenth of the courses reads them all. compose.yaml has it too.
    "random_page_cost": "1.1",
}
PID_FILE = "postmaster.pid"
LONGEST_LOG = 1_000_000  # bytes
SECONDS_TO_FINISH = 30
SECONDS_TO_DROP_EVERYTHING = 10


class Postmaster:
    """The server of one home. Only the supervisor starts and stops it."""

    def __init__(self, home: Home, *, install: Path, settings: Mapping[str, str]) -> None:
        self.home = home
        self.install = install
        self.settings = {**settings, **SETTINGS}
        self._child: subprocess.Popen[bytes] | None = None

    def is_running(self) -> bool:
        """Tell whether any process of the server is alive, whoever started it."""
        self._child_lives()  # reaps it if not
        return is_seized(self.home.data)

    def start(self) -> None:
        """Start the server, on a new cluster if there is none; return when it takes connections.

        Recovery after a crash may take long, and is waited for. Raise ``PostgresUnavailable``
        with what the server said if it ends instead.
        """
        self.abandon()
        install = prepare(self.home, self.install, fsync=self.settings.get("fsync") != "off")
        guard = open_folder(self.home.data)
        try:
            if seize(guard):  # if not, some child of the last server is still at work
                self._forget_predecessor()
                self._launch(install, guard)
        finally:
            os.close(guard)  # the server has its own copy, and hands it to its children

    def stop(self) -> None:
        """End the server in order; if that takes too long, at once, as in a power cut."""
        self._signal(signal.SIGINT)
        if not self._ends_within(SECONDS_TO_FINISH):
            self._signal(signal.SIGQUIT)
            self._ends_within(SECONDS_TO_DROP_EVERYTHING)

    def abandon(self) -> None:
        """End a child whose data folder is gone. There is nothing left to save."""
        if self._child:
            self._child.send_signal(signal.SIGQUIT)
            self._child.wait()
            self._child = None

    def _forget_predecessor(self) -> None:
        """Remove the lock files of a server that crashed.

        Some other process may have its number by now, and PostgreSQL would refuse to start. It
        still finds out by itself if somebody is at work on these files, by the shared memory
        that belongs to the folder (PostgreSQL, sysv_shmem.c).
        """
        if pid := self._find_listener():
            raise PostgresUnavailable(
                f"PostgreSQL (process {pid}), which was started by hand, is at work on "
                f"{self.home.data}. Stop it first."
            )
        for name in (PID_FILE, f"{SOCKET}.lock"):
            (self.home.data / name).unlink(missing_ok=True)

    def _launch(self, install: Path, guard: int) -> None:
        options = [part for item in self.settings.items() for part in ("-c", "=".join(item))]
        with open_log(self.home.log) as log:
            said_before = log.tell()
            self._child = subprocess.Popen(
                [install / "bin" / "postgres", "-D", self.home.data, *options],
                pass_fds=[guard],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
                **self.home.as_server,
            )
        self._wait_until_ready(self._child, said_before)

    def _wait_until_ready(self, server: "subprocess.Popen[bytes]", said_before: int) -> None:
        while not self._is_ready(server.pid):
            if server.poll() is not None:
                said = self.home.log.read_bytes()[said_before:].decode(errors="replace")
                raise PostgresUnavailable(
                    f"PostgreSQL did not start. {self.home.log} ends with:\n{said[-2000:].strip()}"
                )
            time.sleep(0.02)

    def _is_ready(self, pid: int) -> bool:
        # PostgreSQL, pidfile.h: the eighth line is the state, and pg_ctl waits for it too.
        lines = self._read_pid_file()
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _signal(self, sign: signal.Signals) -> None:
        if self._child:
            self._child.send_signal(sign)
        elif pid := self._find_listener():
            # As the server's account, which wrote the number: root would obey any.
            kill = ["/bin/sh", "-c", f'kill -{sign.value} "$0"', str(pid)]
            subprocess.run(kill, check=False, cwd="/", **self.home.as_server)

    def _find_listener(self) -> int | None:
        """Return the number in the pid file, if a server listens; else it may be anybody's."""
        lines = self._read_pid_file()
        if len(lines) < 5:
            return None
        # PostgreSQL, pidfile.h: the process, the folder, the time, the port, the socket's folder.
        address = self.home.socket_dir / lines[4] / f".s.PGSQL.{lines[3]}"
        with socket.socket(socket.AF_UNIX) as probe:
            return int(lines[0]) if probe.connect_ex(str(address)) == 0 else None

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._child_lives() or is_seized(self.home.data):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _child_lives(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def _read_pid_file(self) -> list[str]:
        try:
            return (self.home.data / PID_FILE).read_text().splitlines()
        except FileNotFoundError:
            return []


def open_log(path: Path) -> BinaryIO:
    """Open the log for writing at its end; one that has grown long is set aside first."""
    if path.exists() and path.stat().st_size > LONGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    return os.fdopen(os.open(path, flags, 0o600), "ab")
