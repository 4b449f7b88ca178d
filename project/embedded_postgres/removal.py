"""Removing a server with all its data: for those who made one only to try something."""

import os
import time
from pathlib import Path

from project.embedded_postgres import PostgresUnavailable
from project.embedded_postgres.folders import Home
from project.embedded_postgres.locks import is_seized, open_lock, seize


def remove(data_dir: Path, *, timeout: float = 60.0) -> None:
    """Remove the server of a data folder, wherever it lives, once its last user has gone.

    Files of others in its folder stay. Raise ``PostgresUnavailable`` if the folder is somebody
    else's, or if the server is still in use after ``timeout`` seconds, by this process or another.
    """
    home = Home(data_dir)
    if not home.path.exists():
        return
    home.make()
    lock = open_lock(home.supervisor)
    try:
        _wait_for_rest(home, lock, time.monotonic() + timeout)
        home.remove()
    finally:
        os.close(lock)


def _wait_for_rest(home: Home, lock: int, deadline: float) -> None:
    while not seize(lock) or is_seized(home.data):
        if time.monotonic() > deadline:
            raise PostgresUnavailable(f"PostgreSQL in {home.path} is in use.")
        time.sleep(0.05)
