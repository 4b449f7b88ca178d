"""A checkout with its embedded server, and processes that use it."""

import hashlib
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from project.embedded_postgres.binaries import install_dir
from project.embedded_postgres.locks import is_seized
from tests.project.embedded_postgres.people import Person

QUICK = {"linger": 0.1, "server_options": {"fsync": "off"}}


def wait_until(fact: Callable[[], Any], seconds: float = 15) -> Any:
    """Return what ``fact`` says as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (value := fact()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
    return value


def is_alive(pid: int) -> bool:
    """Tell whether a process is at work: there, and not waiting for its parent to notice."""
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except ProcessLookupError:
        return False
    except FileNotFoundError:  # no /proc here
        return True


class Shop:
    """One data folder, as one person uses it; ``home`` is where its server lives."""

    def __init__(self, person: Person, data_dir: Path) -> None:
        self.person = person
        self.data_dir = data_dir
        digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
        is_root = os.geteuid() == 0 and not person.identity
        self.home = Path(f"/var/tmp/lectern-pg-{digest}") if is_root else data_dir
        self.data = self.home / "data"
        self.postgres = install_dir() / "bin" / "postgres"
        self.clients: list[Client] = []

    def open(self, **options: Any) -> "Client":
        """Start a process that can use the database, and has not yet."""
        options = {"data_dir": str(self.data_dir), **QUICK, **options}
        client = Client(self.person, options)
        self.clients.append(client)
        return client

    def query(self, sql: str, **options: Any) -> list[list[Any]] | None:
        """Ask something in a process of its own, which has ended on return."""
        client = self.open(**options)
        answer = client.query(sql)
        client.end()
        self.clients.remove(client)
        return answer

    def is_running(self) -> bool:
        return is_seized(self.data)

    def is_supervised(self) -> bool:
        return is_seized(self.home / "supervisor.lock")

    def is_at_rest(self) -> bool:
        return not self.is_running() and not self.is_supervised()

    def server_pid(self) -> int:
        """Return the server's process, once it has written it down."""
        file = self.data / "postmaster.pid"
        return int(wait_until(lambda: file.exists() and file.read_text().split())[0])

    def supervisor_pid(self) -> int:
        return int((self.home / "supervisor.lock").read_text())

    def kill_server(self) -> None:
        os.kill(self.server_pid(), signal.SIGKILL)

    def kill_supervisor(self) -> None:
        os.kill(self.supervisor_pid(), signal.SIGKILL)
        wait_until(lambda: not self.is_supervised())

    def empty(self) -> None:
        """End all that use it, and wait until it has come to rest."""
        while self.clients:
            self.clients.pop().kill()
        wait_until(lambda: not self.is_supervised())
        if self.is_running():  # its supervisor was killed
            os.kill(self.server_pid(), signal.SIGQUIT)
            wait_until(self.is_at_rest)

    def close(self) -> None:
        """End all, and leave nothing behind."""
        self.empty()
        if self.home.is_symlink():
            self.home.unlink()
        shutil.rmtree(self.home, ignore_errors=True)


class Client:
    """A process that has the database open. It ends with the test at the latest."""

    def __init__(self, person: Person, options: dict[str, Any]) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(person.door))
        self.lines = self.socket.makefile("rw")
        print(json.dumps(options), file=self.lines, flush=True)
        self.pid = int(self.lines.readline())

    def send(self, expression: str) -> None:
        print(json.dumps(expression), file=self.lines, flush=True)

    def receive(self) -> Any:
        """Return the value of the expression that was sent; fail with its error."""
        answer = json.loads(self.lines.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def ask(self, expression: str) -> Any:
        self.send(expression)
        return self.receive()

    def query(self, sql: str) -> list[list[Any]] | None:
        return self.ask(f"query({sql!r})")

    def refusal(self, expression: str) -> str:
        """Return the error that the expression ends with."""
        self.send(expression)
        return json.loads(self.lines.readline())["error"]

    def end(self) -> None:
        """Let it end by itself, as a command does that has done its work."""
        self.socket.shutdown(socket.SHUT_WR)
        self._part()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._part()

    def _part(self) -> None:
        wait_until(lambda: not is_alive(self.pid))
        self.lines.close()
        self.socket.close()
