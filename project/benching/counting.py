"""Counts what a request asks of the database: in PostgreSQL's own log, where nothing hides."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median_low

from project.benching.programs import Program
from project.benching.saving import looks
from project.benching.wire import ask

# Every connection of that server has PostgreSQL write down each statement.
LOGGED = {"PGOPTIONS": "-c log_statement=all"}
STATEMENT = re.compile(r"^\S+ \S+ \S+ \[\d+\] LOG:  (?:statement|execute [^:]*): (.*)$")
# The frame of a transaction, and the question whether a kept connection is still there.
FRAMES = re.compile(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET |SELECT 1$")
WARMED, ASKED = 48, 5  # requests
BEGINNING = 0.5  # seconds in which what the first requests set going has begun, such as the watch
SETTLING = 0.05  # seconds until whatever follows an answer is over


class OtherAnswer(Exception):
    """The answer whose queries were counted was another one than the row's."""


def statements_of(
    program: Program,
    requests: list[bytes],
    log: Path,
    *,
    status: int,
    before: Callable[[], str],
) -> list[str]:
    """Return the statements that one of the requests needs, in the middle of several tries.

    ``before`` is called before each, and returns what the answer must show. Raise
    ``OtherAnswer`` unless each is answered with ``status``.
    """
    _warm(program, requests)
    time.sleep(BEGINNING)
    _warm(program, requests)
    tries = []
    for request in [*requests[WARMED:], *requests][:ASKED]:
        title = before()
        with log.open(encoding="utf-8", errors="replace") as lines:
            for _ in looks():
                lines.seek(0, os.SEEK_END)
                answer = ask(program.port, request)
                if title in answer.text:
                    break
            if answer.status != status:
                raise OtherAnswer(f"{answer.status} where queries were counted")
            time.sleep(SETTLING)
            tries.append(_statements(lines.read()))
    middle = median_low(len(queries(statements)) for statements in tries)
    return next(statements for statements in tries if len(queries(statements)) == middle)


def _warm(program: Program, requests: list[bytes]) -> None:
    for request in [*requests, *requests][:WARMED]:
        ask(program.port, request)


def queries(statements: list[str]) -> list[str]:
    """Return those that ask or change something."""
    return [statement for statement in statements if not FRAMES.match(statement)]


def _statements(log: str) -> list[str]:
    """Return the statements in a piece of the log. What goes over several lines is indented."""
    statements: list[str] = []
    for line in log.splitlines():
        if found := STATEMENT.match(line):
            statements.append(found[1])
        elif line.startswith("\t") and statements:
            statements[-1] += " " + line.strip()
    return [statement.strip() for statement in statements]
