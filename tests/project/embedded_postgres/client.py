"""Processes that use the database. Each evaluates what it reads, and answers in JSON.

To import Django takes longer than all that they do, so that happens once, and each client is a
fork of this process, made when somebody connects to its socket.
"""

import json
import os
import signal
import socket
import subprocess  # noqa: F401  for the expressions
import sys
from pathlib import Path  # noqa: F401  too

import django
from django.conf import settings
from django.db import connection, connections

import project.embedded_postgres.base  # noqa: F401  now, not in every fork
from project.embedded_postgres.removal import remove  # noqa: F401  for the expressions


def query(sql: str) -> list[object] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


def serve(lines) -> None:
    options = json.loads(lines.readline())
    engine = {"ENGINE": "project.embedded_postgres", "NAME": "shop", "OPTIONS": options}
    settings.configure(DATABASES={"default": engine})
    django.setup()
    print(os.getpid(), file=lines, flush=True)
    for line in lines:
        print(answer(json.loads(line)), file=lines, flush=True)


def answer(expression: str) -> str:
    try:
        return json.dumps({"value": eval(expression)}, default=str)
    except Exception as error:  # noqa: BLE001  whatever it is, the test wants to read it
        connections.close_all()
        return json.dumps({"error": f"{type(error).__name__}: {error}"})


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the clients
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(sys.argv[1])
        door.listen()
        while True:
            visitor, _ = door.accept()
            if not os.fork():
                break
            visitor.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with visitor, visitor.makefile("rw") as lines:
        serve(lines)


if __name__ == "__main__":
    main()
