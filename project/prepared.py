"""Queries whose SQL is written once in a process, and asked with other values each time.

Django writes a query's SQL anew for each request, which takes it longer than PostgreSQL takes to
answer. What the busiest pages ask is written once instead, by the same querysets: where a value
would stand they are handed a ``Given``, which says how the value will be called.

    _notes = Prepared(lambda: Note.objects.filter(learner=Given("learner")))
    _notes.all(learner=viewer.pk)

``PreparedUpdate`` does the same for what is changed most.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections, transaction
from django.db.backends.postgresql.psycopg_any import mogrify
from django.db.models import Expression, Field, QuerySet
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

from project.reading import Reader
from project.statement import Statement


class Given(Expression):
    """A value that is known when the query is asked, and has a name until then.

    It stands where a queryset takes an expression. ``output_field`` says what it is where that
    cannot be seen from what it is compared with.
    """

    def __init__(self, name: str, output_field: "Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple["Place"]]:
        """Leave a place for the value."""
        return "%s", (Place(self.name),)

    def get_group_by_cols(self) -> list[Any]:
        """Group by nothing: it is the same in each row."""
        return []


class GivenSet(Given):
    """Several primary keys of which it is to be one: for a lookup with ``in``.

    They are given as an ``array``, or as a list, which takes longer.
    """

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple["Place"]]:
        """Leave a place for the list of them."""
        return "(SELECT unnest(%s::bigint[]))", (Place(self.name),)


class Place(str):
    """Where in a query's parameters the value with this name goes, also in SQL of our own."""

    __slots__ = ()


class Prepared[Row]:
    """A query that is asked often. ``write`` makes its queryset, once, when it is first asked.

    The values are handed to PostgreSQL as they are: primary keys, texts, moments; never ``None``,
    which SQL compares otherwise.
    """

    def __init__(self, write: Callable[[], "QuerySet[Any, Row]"]) -> None:
        self.write = write

    def all(self, **values: Any) -> list[Row]:
        """Return what the query gives for these values. ``KeyError`` if one is missing."""
        return self._ask(values)

    def first(self, **values: Any) -> Row | None:
        """Return the first that it gives, or ``None``. The query itself says how many it reads."""
        return next(iter(self._ask(values, most=1)), None)

    def only_one(self, **values: Any) -> Row:
        """Return what it gives, which must be one. Raise ``ObjectDoesNotExist`` if nothing is."""
        found = self.first(**values)
        if found is None:
            raise self._written.model.DoesNotExist
        return found

    @cached_property
    def _written(self) -> "_WrittenQuery[Row]":
        queryset = self.write()
        using = queryset.db
        compiler: Any = queryset.query.get_compiler(using=using)
        statement, places = prepare(*compiler.as_sql(), using=using)
        return _WrittenQuery(queryset.model, using, statement, places, Reader(queryset, compiler))

    def _ask(self, values: dict[str, Any], *, most: int | None = None) -> list[Row]:
        _, using, statement, places, reader = self._written
        connection = connections[using]
        rows = statement.rows(connection, [values[name] for name in places], most=most)
        return reader.read(rows, connection)


class _WrittenQuery[Row](NamedTuple):
    model: Any
    using: str
    statement: Statement
    places: tuple[Place, ...]
    reader: "Reader[Row]"


class PreparedUpdate:
    """An UPDATE that is made often. ``write`` makes the queryset of the rows that it may change.

    What is ``always`` changed besides are expressions, such as ``F("version") + 1``.

        _movable = PreparedUpdate(lambda: Order.objects.filter(pk=Given("pk"), status="pending"))
        _movable.change({"pk": order.pk}, status="paid")
    """

    def __init__(self, write: Callable[[], "QuerySet[Any]"], **always: Expression) -> None:
        self.write, self.always = write, always
        self._known: dict[tuple[str, ...], _WrittenUpdate] = {}

    def change(self, values: Mapping[str, Any], **changes: Any) -> int:
        """Change the fields by their names; return how many rows that were.

        The SQL is written once for each set of them. ``KeyError`` if a value is missing.
        """
        written = self._known.get(names := tuple(changes))
        if written is None:
            written = self._known[names] = self._written(names)
        using, statement, places, fields = written
        if not statement.sql:
            return 0
        connection = connections[using]
        saved = {
            _new(field.name): field.get_db_prep_save(value, connection=connection)
            for field, value in zip(fields, changes.values(), strict=True)
        }
        known = {**values, **saved}
        told = [known[name] for name in places]
        with transaction.mark_for_rollback_on_error(using):
            return statement.count(connection, told)

    def _written(self, names: tuple[str, ...]) -> "_WrittenUpdate":
        queryset = self.write()
        fields = [queryset.model._meta.get_field(name) for name in names]
        query: Any = queryset.query.chain(UpdateQuery)
        places = {field.name: Given(_new(field.name), field) for field in fields}
        query.add_update_values({**places, **self.always})
        try:
            sql, params = query.get_compiler(using=queryset.db).as_sql()
        except EmptyResultSet:  # no row could ever be changed
            sql, params = "", ()
        return queryset.db, *prepare(sql, params, using=queryset.db), fields


type _WrittenUpdate = tuple[str, Statement, tuple[Place, ...], list[Any]]


def prepare(sql: str, params: Sequence[Any], *, using: str) -> tuple[Statement, tuple[Place, ...]]:
    """Return the statement with all values in it that do not change, and the others by name.

    PostgreSQL plans a statement for all values to come. It knows what is written in it, and so
    takes an index on the published courses alone, where it could not know that ``$1`` says so.
    """
    connection: Any = connections[using]
    connection.ensure_connection()
    places = [param for param in params if type(param) is Place]
    names = tuple(dict.fromkeys(places))
    texts = (
        "%s" if type(param) is Place else mogrify("%s", [param], connection).replace("%", "%%")
        for param in params
    )
    written = _ANY.sub(lambda found: next(texts) if found[0] == "%s" else found[0], sql)
    return Statement(written, [names.index(place) for place in places]), names


_ANY = re.compile("%[s%]")


def _new(name: str) -> str:
    """Return what the new value of a field is called, which the old one may be compared with."""
    return f"new {name}"
