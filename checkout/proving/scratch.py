"""The scratch database: made beside the shop's own, which is never touched, and removed after."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO

from django.db import connection


@contextmanager
def scratch_database() -> Iterator[str]:
    """Work in an empty database with all tables; yield its name. It goes away whatever happens."""
    own_name = str(connection.settings_dict["NAME"])
    connection.settings_dict["TEST"]["NAME"] = f"test_proof_{os.getpid()}"
    with redirect_stdout(StringIO()):  # it tells of a table that the migrations have made
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        _hurry(name)
        yield name
    finally:
        connection.creation.destroy_test_db(own_name, verbosity=0)


def _hurry(name: str) -> None:
    """Wait for no disk: what is lost with the machine may be lost."""
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    connection.close()
