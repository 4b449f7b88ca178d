"""A plain PostgreSQL of the machine's, made as its container would make it."""

import os
import pwd
import shutil
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests.deploy.programs import free_port, run, running

# The servers of Debian and of PostgreSQL's own packages, and whatever is first in the PATH.
FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")


class Postgres:
    """A server, with the one user that it knows."""

    def __init__(self, *, port, user, password):
        self.port, self.user, self.password = port, user, password

    def url(self, database):
        password = quote(self.password, safe="")
        return f"postgres://{self.user}:{password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement, *, database="postgres"):
        """Execute a statement; return the rows of a query."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def is_ready(self):
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def postgres(environment, log):
    """Run a server while the block lasts, made by the ``environment`` of postgres's image."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="lectern-postgres-"))
    try:
        account = _account(folder)
        password_file = folder / "password"
        shutil.copy(environment["POSTGRES_PASSWORD_FILE"], password_file)
        password_file.chmod(0o644)
        server = Postgres(
            port=free_port(),
            user=environment["POSTGRES_USER"],
            password=password_file.read_text().strip(),
        )
        made_with = [f"--username={server.user}", f"--pwfile={password_file}", "--no-sync"]
        data = folder / "data"
        run(
            [binaries / "initdb", f"--pgdata={data}", *made_with, *_options(binaries, environment)],
            cwd=folder,
            **account,
        )
        started_with = [f"--port={server.port}", "--unix_socket_directories=", "--fsync=off"]
        command = [binaries / "postgres", "-D", data, "--listen_addresses=127.0.0.1"]
        place = {"log": log, "cwd": folder, **account}
        # Its own way to be quick: it sends everybody away.
        with running([*command, *started_with], stop_signal=signal.SIGINT, **place) as program:
            program.wait_until(server.is_ready)
            server.execute(f"CREATE DATABASE {environment['POSTGRES_DB']}")
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries():
    """Return the folder of the newest server."""
    found = [path for pattern in FOLDERS for path in Path("/").glob(f"{pattern[1:]}/initdb")]
    if not found and (program := shutil.which("initdb")):
        found = [Path(program).resolve()]
    if not found:
        pytest.fail("There is no PostgreSQL server here: install Debian's package `postgresql`.")
    return max(found, key=_version).parent


def _version(initdb):
    digits = "".join(filter(str.isdigit, initdb.parent.parent.name))
    return int(digits or 0)


def _options(binaries, environment):
    """Return what initdb is told in the image, as far as this version knows it."""
    has_builtin_locales = b"builtin" in (binaries / "initdb").read_bytes()
    if has_builtin_locales:
        return [*environment["POSTGRES_INITDB_ARGS"].split(), "--auth=scram-sha-256"]
    return ["--locale=C.UTF-8", "--encoding=UTF8", "--auth=scram-sha-256"]


def _account(folder):
    """Return who runs the server: it refuses to be root, and then is whom its package made."""
    if os.getuid():
        return {}
    person = pwd.getpwnam("postgres")
    os.chown(folder, person.pw_uid, person.pw_gid)
    return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
