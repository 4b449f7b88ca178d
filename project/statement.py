"""SQL that each connection prepares once, and that goes straight to PostgreSQL from then on.

A cursor takes what it executes through much that most pages never need, twice: Django's and then
psycopg's. That took longer than all else that a page does with a row. Here is what is left without
it: psycopg turns the values into PostgreSQL's and the rows into Python's as ever, and between the
two stands one call of libpq. Source: "pq: libpq wrapper module" in psycopg's documentation.

A statement goes the ordinary way where somebody listens (queries that are counted or logged), and
where a pooler forbids preparing (``PREPARED_STATEMENTS``).
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from itertools import count
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import connections
from django.utils.connection import ConnectionProxy
from psycopg import Connection, pq
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.errors import (
    FeatureNotSupported,
    InvalidSqlStatementName,
    OperationalError,
    error_from_result,
)
from psycopg.types.datetime import TimestamptzLoader

type Row = tuple[Any, ...]
type Key = tuple["Statement", tuple[int, ...]]  # with the types of the values, as psycopg says them
type Names = dict[Key, bytes]

MOST_NAMES = 200  # on one connection; what PostgreSQL keeps for each may be 100 kB

_PLACE = re.compile("%[s%]")
_AUTO = [PyFormat.AUTO]
_IDLE = pq.TransactionStatus.IDLE
_ROWS, _DONE = pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK

# What was prepared is lost, or would return other columns now.
_STALE = (InvalidSqlStatementName, FeatureNotSupported)

_numbers = count()


class _Known:
    """What is known of a connection: what it has prepared, and how it reads and writes values."""

    def __init__(self, raw: "Connection[Any]") -> None:
        self.names: Names = {}
        self.adapters = AdaptersMap(raw.adapters)
        # Django's gives each moment its time zone once more, in Python. psycopg's own, in C, gives
        # it the connection's, which is the same: Django sees to it that both are UTC.
        self.adapters.register_loader("timestamptz", TimestamptzLoader)


class _Context(NamedTuple):
    adapters: AdaptersMap
    connection: "Connection[Any]"


_known: WeakKeyDictionary[Connection[Any], _Known] = WeakKeyDictionary()


class Statement:
    """A statement with ``%s`` in each place for a value, as for a cursor, and ``%%`` for ``%``.

    Where some values stand in several places, ``order`` says of each place which value it has,
    counted from 0: each is sent once.
    """

    def __init__(self, sql: str, order: Sequence[int] | None = None) -> None:
        self.sql = sql
        self.order = order

    def rows(self, connection: Any, values: Sequence[Any], *, most: int | None = None) -> list[Row]:
        """Return the rows that come back, at ``most`` so many. ``DatabaseError`` as of a cursor."""
        connection = _of_this_thread(connection)
        if not _goes_straight(connection):
            with connection.cursor() as cursor:
                cursor.execute(self.sql, self._in_places(values))
                found: list[Row] = cursor.fetchall() if most is None else cursor.fetchmany(most)
                return found
        result, transformer = self._run(connection, values)
        transformer.set_pgresult(result)
        number = result.ntuples if most is None else min(most, result.ntuples)
        loaded: list[Row] = transformer.load_rows(0, number, tuple)
        return loaded

    def count(self, connection: Any, values: Sequence[Any]) -> int:
        """Return how many rows were changed. ``DatabaseError`` as of a cursor."""
        connection = _of_this_thread(connection)
        if not _goes_straight(connection):
            with connection.cursor() as cursor:
                cursor.execute(self.sql, self._in_places(values))
                return int(cursor.rowcount)
        return self._run(connection, values)[0].command_tuples or 0

    def _run(self, connection: Any, values: Sequence[Any]) -> tuple[Any, Any]:
        connection.validate_thread_sharing()
        connection.close_if_health_check_failed()
        connection.validate_no_broken_transaction()
        if connection.connection is None:
            connection.ensure_connection()
        with connection.wrap_database_errors:
            raw: Connection[Any] = connection.connection
            if not raw.autocommit and raw.pgconn.transaction_status == _IDLE:
                _begin(raw)
            known = _known.get(raw) or _known.setdefault(raw, _Known(raw))
            transformer = Transformer(_Context(known.adapters, raw))
            told: Any = transformer.dump_sequence(values, _AUTO * len(values))
            names = known.names
            key = (self, transformer.types or ())
            name = names.get(key) or self._prepare(raw, names, key)
            result = raw.pgconn.exec_prepared(name, told, transformer.formats)
            try:
                _check(raw, result)
            except _STALE:
                del names[key]
                raise
            return result, transformer

    def _in_places(self, values: Sequence[Any]) -> Sequence[Any]:
        return values if self.order is None else [values[number] for number in self.order]

    def _prepare(self, raw: "Connection[Any]", names: Names, key: Key) -> bytes:
        if len(names) >= MOST_NAMES:
            _check(raw, raw.pgconn.exec_(b"DEALLOCATE ALL"))
            names.clear()
        name = b"lectern_%d" % next(_numbers)
        _check(raw, raw.pgconn.prepare(name, self._numbered, key[1]))
        names[key] = name
        return name

    @cached_property
    def _numbered(self) -> bytes:
        """The statement with PostgreSQL's own places: ``$1``, ``$2``."""
        numbers = count() if self.order is None else iter(self.order)

        def numbered(found: re.Match[str]) -> str:
            return f"${next(numbers) + 1}" if found[0] == "%s" else "%"

        return _PLACE.sub(numbered, self.sql).encode()


def array(items: Iterable[int | str | datetime | None]) -> str:
    """Return a list as PostgreSQL writes one, for a place that says of what: ``%s::bigint[]``.

    psycopg takes ten times as long, because it first finds out what is in the list.
    """
    return "{" + ",".join("NULL" if item is None else _quoted(str(item)) for item in items) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _of_this_thread(connection: Any) -> Any:
    """Return the connection that ``django.db.connection`` stands for, which looks with each use."""
    is_stand_in = isinstance(connection, ConnectionProxy)
    return connections[connection.alias] if is_stand_in else connection


def _goes_straight(connection: Any) -> bool:
    is_listened_to = connection.execute_wrappers or connection.queries_logged
    return settings.PREPARED_STATEMENTS and not is_listened_to


def _begin(raw: "Connection[Any]") -> None:
    """Begin a transaction, as psycopg does before the first that it executes in one."""
    if all(part is None for part in (raw.isolation_level, raw.read_only, raw.deferrable)):
        _check(raw, raw.pgconn.exec_(b"BEGIN"))
    else:
        raw.execute("")


def _check(raw: "Connection[Any]", result: Any) -> None:
    if result.status not in (_ROWS, _DONE):
        if raw.pgconn.status == pq.ConnStatus.BAD:  # nobody is left to say what is wrong
            raise OperationalError(result.get_error_message(raw.info.encoding))
        raise error_from_result(result, encoding=raw.info.encoding)
