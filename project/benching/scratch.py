"""The scratch database, beside the shop's own, and the settings under which it is the shop's."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from project.benching.filling import FILLING, Scale, fill
from project.benching.sessions import CURRENCY
from project.embedded_postgres.server import Server

MARK = "LECTERN_BENCH"  # the name of the scratch database, in the environment of what works in it
SECRET = "whsec_bench"  # noqa: S105  signs what our own load sends
KEY = "sk_test_bench"


def environment(server: Server, name: str, folder: Path) -> dict[str, str]:
    """Return the settings of a production shop whose database is the scratch one."""
    return {
        MARK: name,
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "ENV_FILE": os.devnull,
        "DATABASE_URL": f"postgres://{server.address['user']}@:{server.address['port']}/{name}",
        "PGHOST": server.address["host"],
        "SECRET_KEY": hashlib.sha256(b"a scratch shop has no secrets").hexdigest(),
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "EMAIL_URL": "dummymail://",
        "LOG_LEVEL": "ERROR",
        "DEBUG": "0",
        "DEMO": "0",
        "SHOP_CURRENCY": CURRENCY,
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        # Nobody listens there: no page that is measured asks the gateway.
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "EMBEDDED_POSTGRES_DIR": str(server.data_dir),
    }


def is_scratch() -> bool:
    """Whether this process works in the scratch database."""
    return bool(os.environ.get(MARK) == connection.settings_dict["NAME"])


def prepare(scale: Scale, *, is_fresh: bool, report: Callable[[str], Any]) -> None:
    """See to it that the scratch database is there, migrated and filled.

    One that was filled otherwise, or that knows migrations which are not here, is made anew; newer
    migrations are applied to what is there, as in a shop that is upgraded.
    """
    if is_fresh or _filled_with() != _key(scale) or _is_of_another_branch():
        report("Making the scratch database")
        _make_anew()
        call_command("migrate", interactive=False, verbosity=0)
        fill(scale)
        note_filling(scale)
    elif MigrationExecutor(connection).migration_plan(_leaves()):
        report("Migrating the scratch database")
        call_command("migrate", interactive=False, verbosity=0)


def _key(scale: Scale) -> str:
    return f"{FILLING} {scale}"


def _leaves() -> list[Any]:
    return list(MigrationExecutor(connection).loader.graph.leaf_nodes())


def _is_of_another_branch() -> bool:
    loader = MigrationExecutor(connection).loader
    # The purchase's sandbox has tables of its own, which the shop does not know.
    applied = {key for key in loader.applied_migrations or () if key[0] in loader.migrated_apps}
    return not applied <= set(loader.disk_migrations or ())


def _filled_with() -> str:
    """Return how the database was filled; empty if it was not, or not to the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
            "WHERE datname = current_database()"
        )
        return cursor.fetchone()[0] or ""


def note_filling(scale: Scale) -> None:
    """Write down how the database was filled: to be done last."""
    comment = sql.SQL("COMMENT ON DATABASE {} IS {}").format(
        sql.Identifier(str(connection.settings_dict["NAME"])), sql.Literal(_key(scale))
    )
    with connection.cursor() as cursor:
        cursor.execute(comment)


def _make_anew() -> None:
    """Empty the database by making another one in its place. It must be a scratch one."""
    if not is_scratch():
        raise RuntimeError("This is no scratch database.")
    name = sql.Identifier(str(connection.settings_dict["NAME"]))
    connection.close()
    with psycopg.connect(dbname="postgres", user="postgres", autocommit=True) as maintenance:
        maintenance.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        maintenance.execute(sql.SQL("CREATE DATABASE {}").format(name))
        # What is lost with the machine may be lost.
        maintenance.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
