"""The database backend: Django's PostgreSQL, on a server that starts on the first connection.

OPTIONS: ``data_dir`` (a path); if need be ``server_options`` (PostgreSQL's own settings for the
start, names and values strings), ``install_dir`` (the folder of another PostgreSQL than the
wheel's) and ``linger`` (how many seconds it outlives its last user). All others are psycopg's.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

if sys.platform == "win32":
    raise ImproperlyConfigured(
        "The embedded PostgreSQL does not run on Windows. Set DATABASE_URL, "
        "or work in the Windows Subsystem for Linux."
    )

from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.db.backends.postgresql import base
from django.db.backends.postgresql.client import DatabaseClient as PostgresClient
from django.db.utils import OperationalError

from project.embedded_postgres import PostgresUnavailable, explain
from project.embedded_postgres.binaries import find_program
from project.embedded_postgres.server import LINGER, Server

PRIVATE_OPTIONS = ("data_dir", "server_options", "install_dir", "linger")


class DatabaseClient(PostgresClient):
    """``manage.py dbshell``, with the wheel's own psql."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Return the command that opens a shell on the server, which runs by then."""
        server = server_of(settings_dict)
        with _as_operational_error():
            server.ensure(settings_dict["NAME"])
        address = {name.upper(): value for name, value in server.address.items()}
        arguments, environment = super().settings_to_cmd_args_env(
            {**settings_dict, **address}, parameters
        )
        return [str(find_program("psql")), *arguments[1:]], environment


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to the embedded server, which is started, or started again, on the way."""

    client_class = DatabaseClient

    @cached_property
    def server(self) -> Server:
        """The server of this connection."""
        return server_of(self.settings_dict)

    def get_connection_params(self) -> dict[str, Any]:
        """Return psycopg's parameters for a server that runs and a database that exists.

        They are complete, so that other programs' pools may use them as well. Raise
        ``OperationalError``, as for any server that cannot be reached.
        """
        params: dict[str, Any] = super().get_connection_params()
        with _as_operational_error():
            self.server.ensure(self._own_database)
        for option in PRIVATE_OPTIONS:
            params.pop(option, None)
        return params | self.server.address

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; if that fails, see that the server is well and try once more."""
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            with _as_operational_error():
                self.server.revive(self._own_database)
            return super().get_new_connection(conn_params)

    @property
    def _own_database(self) -> str | None:
        """The database that must exist, unless it is one that Django makes for tests."""
        name: str | None = self.settings_dict["NAME"]
        tests = (TEST_DATABASE_PREFIX, self.settings_dict["TEST"]["NAME"] or TEST_DATABASE_PREFIX)
        return None if name is None or name.startswith(tests) else name


def server_of(settings_dict: dict[str, Any]) -> Server:
    """Return the server that an entry of ``DATABASES`` describes."""
    options = settings_dict["OPTIONS"]
    return Server(
        Path(options["data_dir"]),
        install=Path(options["install_dir"]) if "install_dir" in options else None,
        settings=options.get("server_options"),
        linger=options.get("linger", LINGER),
    )


@contextmanager
def _as_operational_error() -> Iterator[None]:
    try:
        yield
    except (PostgresUnavailable, OSError) as error:
        raise OperationalError(explain(error)) from error
