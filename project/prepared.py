"""Queries whose SQL is written once in a process, and asked with other values each time.

Django writes a query's SQL anew for each request, which takes it longer than PostgreSQL takes to
answer. What the busiest pages ask is written once instead, by the same querysets: where a value
would stand they are handed a ``Given``, which says how the value will be called.

    _notes = Prepared(lambda: Note.objects.filter(learner=Given("learner")))
    _notes.all(learner=viewer.pk)
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any

from django.db import connections
from django.db.models import Expression, Field, QuerySet
from django.db.models.sql.compiler import SQLCompiler


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
    """Several primary keys of which it is to be one: for a lookup with ``in``."""

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple["Place"]]:
        """Leave a place for the list of them."""
        return "(SELECT unnest(%s::bigint[]))", (Place(self.name),)


class Place(str):
    """Where in a query's parameters the value with this name goes, also in SQL of our own."""

    __slots__ = ()


def filled(params: Sequence[Any], values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the parameters with the values in their places. ``KeyError`` if one is missing."""
    return tuple(values[part] if type(part) is Place else part for part in params)


class Prepared[Row]:
    """A query that is asked often. ``write`` makes its queryset, once, when it is first asked.

    The values are handed to PostgreSQL as they are: primary keys, texts, moments; never ``None``,
    which SQL compares otherwise.
    """

    def __init__(self, write: Callable[[], "QuerySet[Any, Row]"]) -> None:
        self.write = write

    def all(self, **values: Any) -> list[Row]:
        """Return what the query gives for these values. ``KeyError`` if one is missing."""
        return list(self._asked(values))

    def first(self, **values: Any) -> Row | None:
        """Return the first that it gives, or ``None``. The query itself says how many it reads."""
        return next(iter(self._asked(values)), None)

    def only_one(self, **values: Any) -> Row:
        """Return what it gives, which must be one. Raise ``ObjectDoesNotExist`` if nothing is."""
        found = self.first(**values)
        if found is None:
            raise self._written[0].model.DoesNotExist
        return found

    @cached_property
    def _written(self) -> "tuple[QuerySet[Any, Row], Any, str, tuple[Any, ...]]":
        queryset = self.write()
        compiler: Any = queryset.query.get_compiler(using=queryset.db)
        sql, params = compiler.as_sql()
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        converters = compiler.get_converters(columns)
        # A compiler finds out again with each use what does not change.
        compiler.get_converters = lambda _: converters
        compiler.has_composite_fields = lambda _: False
        return queryset, compiler, sql, tuple(params)

    def _asked(self, values: dict[str, Any]) -> "QuerySet[Any, Row]":
        """Return the queryset as if it had been made with the values, its SQL written already."""
        written, compiler, sql, params = self._written
        asked: QuerySet[Any, Row] = written.__class__(
            model=written.model,
            query=_Written(written.query, compiler, sql, filled(params, values)),  # type: ignore[arg-type]
            using=written.db,
        )
        for name in ("_iterable_class", "_fetch_mode", "_fields", "_prefetch_related_lookups"):
            setattr(asked, name, getattr(written, name))
        return asked


class _Written:
    """What a queryset takes for its query: one that was compiled before."""

    def __init__(self, query: Any, compiler: Any, sql: str, params: tuple[Any, ...]) -> None:
        self._query, self._compiler, self._answer = query, compiler, (sql, params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)

    def get_compiler(self, using: str, connection: Any = None, **_: Any) -> SQLCompiler:
        """Return a compiler that writes what was written, for the connection of this thread."""
        compiler: Any = copy(self._compiler)
        compiler.connection = connections[using]
        compiler.as_sql = lambda *_, **__: self._answer
        return compiler  # type: ignore[no-any-return]
