"""The client's side: a lease on the server, and the certainty that it answers."""

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors, sql

from project.embedded_postgres import ADVICE, PostgresUnavailable
from project.embedded_postgres.binaries import install_dir
from project.embedded_postgres.folders import Home
from project.embedded_postgres.locks import is_at, is_seized, open_lock, share
from project.embedded_postgres.supervisor import summon

PATIENCE = 60.0  # seconds
PROBE: dict[str, Any] = {"dbname": "postgres", "autocommit": True, "connect_timeout": 5}
LINGER = 1.0  # seconds; a command is often followed by another


@dataclass
class Lease:
    """The shared lock by which this process keeps a server alive, until the process ends."""

    descriptor: int
    databases: set[str | None] = field(default_factory=set)  # those known to exist


class Server:
    """The embedded server of one data folder, as a process that uses it sees it.

    ``settings`` are PostgreSQL's own, given to it when it starts; ``install`` is a folder with
    ``bin``, ``lib`` and ``share``, by default the wheel's; ``linger`` is how many seconds the
    server outlives its last user.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        install: Path | None = None,
        settings: Mapping[str, str] | None = None,
        linger: float = LINGER,
    ) -> None:
        self.data_dir = data_dir
        self.home = Home(data_dir)
        self.install = install
        self.settings = dict(settings or {})
        self.linger = linger

    @property
    def address(self) -> dict[str, Any]:
        """The parameters of a connection, without the name of a database."""
        return {"host": str(self.home.socket_dir), "port": 5432, "user": "postgres"}

    def ensure(self, database: str | None) -> None:
        """Take a lease, if this process has none, and see to it that the server runs.

        On the first call also that it answers and that ``database`` exists; later calls cost
        a few system calls, and trust the supervisor. Raise ``PostgresUnavailable``.
        """
        if database not in self._lease().databases or not is_seized(self.home.supervisor):
            self.revive(database)

    def revive(self, database: str | None) -> None:
        """See to it that the server answers and that ``database`` exists, whatever has happened.

        Raise ``PostgresUnavailable`` with the reason if it cannot be started, or does not answer
        within a minute.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            lease = self._lease()
            if not is_seized(self.home.supervisor):
                self._summon(deadline - time.monotonic())
            refusal = self._refusal(database)
            if not refusal:
                lease.databases.add(database)
                return
            if time.monotonic() > deadline:
                raise PostgresUnavailable(
                    f"PostgreSQL in {self.home.path} does not answer: {refusal}. "
                    f"See {self.home.log}. {ADVICE}"
                )
            time.sleep(0.05)

    def _summon(self, timeout: float) -> None:
        summon(
            self.data_dir,
            install=self.install or install_dir(),
            settings=self.settings,
            linger=self.linger,
            timeout=timeout,
        )

    def _lease(self) -> Lease:
        with _leases.mutex:
            return _leases.take(self.home)

    def _refusal(self, database: str | None) -> str:
        """Return why the server does not answer yet, or nothing if it does."""
        try:
            with psycopg.connect(**self.address, **PROBE) as connection:
                _make_database(connection, database)
        except psycopg.OperationalError as error:
            if not _will_pass(str(error)):
                raise
            return str(error)
        return ""


class Leases:
    """The leases of this process, one for each home."""

    def __init__(self) -> None:
        self.mutex = threading.Lock()
        self._held: dict[Path, Lease] = {}

    def take(self, home: Home) -> Lease:
        """Return the lease on a home: the one we have, unless its folder was removed meanwhile."""
        lease = self._held.get(home.path)
        if lease and is_at(lease.descriptor, home.leases):
            return lease
        if lease:
            os.close(lease.descriptor)
        home.make()
        descriptor = open_lock(home.leases)
        share(descriptor)  # waits while the supervisor is stopping the server
        self._held[home.path] = Lease(descriptor)
        return self._held[home.path]

    def drop(self) -> None:
        """Forget all in a forked child: what it inherited is its parent's lease.

        A child that outlives its parent would else keep the server running without using it.
        """
        self.mutex = threading.Lock()  # another thread of the parent may have held it
        for lease in self._held.values():
            os.close(lease.descriptor)
        self._held.clear()


_leases = Leases()
os.register_at_fork(after_in_child=_leases.drop)


def _make_database(connection: psycopg.Connection[Any], name: str | None) -> None:
    if name is None or name in _database_names(connection):
        return
    with suppress(errors.DuplicateDatabase, errors.UniqueViolation):  # another process was faster
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _database_names(connection: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def _will_pass(complaint: str) -> bool:
    """Tell a server that is absent, starting or stopping from one that refuses us for good."""
    states = ("the database system is", "terminating connection")
    return "FATAL" not in complaint or any(state in complaint for state in states)
