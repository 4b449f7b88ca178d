"""``/healthz``: the process answers. ``/readyz``: it reaches its database, fully migrated.

They are answered before Django, so that a probe needs no allowed host and no https, and leaves no
session behind.
"""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

READY_TIMEOUT = 3  # seconds

_prober = ThreadPoolExecutor(1, thread_name_prefix="ready")
_known: dict[str, bool] = {"migrated": False}


async def answer_probe(path: str) -> tuple[int, bytes] | None:
    """Return status and body for a probe's path, ``None`` for any other."""
    if path == "/healthz":
        return _answer(200, "ok")
    if path == "/readyz":
        return _answer(*await _readiness())
    return None


def close() -> None:
    """Close the probe's own connection to the database."""
    _prober.submit(connections.close_all).result(timeout=5)


async def _readiness() -> tuple[int, str]:
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.run_in_executor(_prober, _look), READY_TIMEOUT)
    except TimeoutError:
        return 503, "timeout"


def _look() -> tuple[int, str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated():
            return 503, "migrations"
    except DatabaseError:
        return 503, "database"
    finally:
        connection.close_if_unusable_or_obsolete()
    return 200, "ok"


def _is_migrated() -> bool:
    """Look once: a process does not outlive its schema."""
    if not _known["migrated"]:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        _known["migrated"] = not plan
    return _known["migrated"]


def _answer(status: int, text: str) -> tuple[int, bytes]:
    return status, json.dumps({"status": text}).encode()
