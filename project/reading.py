"""From the rows that a query gave to what its queryset would give, found out once for all rows.

Django looks at each field of a model anew for each row, and asks each time anew what a column goes
through. What comes of that is the same for all rows of a query that is written once.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import Model, Prefetch, QuerySet, prefetch_related_objects
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable
from django.db.models.signals import post_init, pre_init

type Cells = Sequence[Any]


class Reader[Row]:
    """Reads the rows of a queryset whose SQL the compiler has written.

    ``TypeError`` if the queryset gives what nobody here has heard of.
    """

    def __init__(self, queryset: "QuerySet[Any, Row]", compiler: Any) -> None:
        asked: Any = queryset
        columns = [column for column, *_ in compiler.select[: compiler.col_count]]
        self.converters = list(compiler.get_converters(columns).items())
        # Behind them may stand what it was only sorted by.
        self.width = compiler.col_count if compiler.has_extra_select else None
        lookups = asked._prefetch_related_lookups
        self.prefetched = [(lookup, _way_to(lookup, asked.model)) for lookup in lookups]
        self.make = _maker(asked, compiler)

    def read(self, rows: Sequence[Cells], connection: Any) -> list[Row]:
        """Return what the rows say, with all that the queryset prefetches."""
        if self.width:
            rows = [row[: self.width] for row in rows]
        if self.converters:
            rows = [self._converted(row, connection) for row in rows]
        found = [self.make(row) for row in rows]
        if lookups := [look for look, way in self.prefetched if not way or _leads_on(found, way)]:
            prefetch_related_objects(found, *lookups)
        return found

    def _converted(self, row: Cells, connection: Any) -> Cells:
        cells = list(row)
        for place, (steps, expression) in self.converters:
            for step in steps:
                cells[place] = step(cells[place], expression, connection)
        return tuple(cells)


def _way_to(lookup: "str | Prefetch[Any]", model: type[Model]) -> str:
    """Return the column that leads to what is prefetched, if one of the model's own does."""
    path = lookup if isinstance(lookup, str) else lookup.prefetch_through
    first = getattr(model, path.split("__")[0], None)
    return first.field.attname if isinstance(first, ForwardManyToOneDescriptor) else ""


def _leads_on(found: Iterable[Any], way: str) -> bool:
    """Return whether any of them leads anywhere. Django takes long to find out that none does."""
    return any(getattr(instance, way) is not None for instance in found)


def _maker(queryset: Any, compiler: Any) -> Callable[[Cells], Any]:
    kind = queryset._iterable_class
    if kind is ModelIterable:
        annotations = compiler.annotation_col_map or {}
        maker = _Maker(compiler.klass_info, compiler.select, queryset.db, queryset._fetch_mode)
        return maker.annotated(annotations) if annotations else maker.make
    if kind is ValuesListIterable:
        return tuple
    if kind is FlatValuesListIterable:
        return lambda row: row[0]
    raise TypeError(f"A prepared query gives models or lists of values, not {kind.__name__}.")


class _Maker:
    """Makes the instances of a model from their part of each row, and what is joined to them."""

    def __init__(self, info: dict[str, Any], select: Any, db: str, fetch_mode: Any) -> None:
        if info.get("from_parent") or fetch_mode.track_peers:
            raise TypeError("A prepared query follows no parent, and fetches for no peers.")
        self.model: type[Model] = info["model"]
        self.start, self.end = info["select_fields"][0], info["select_fields"][-1] + 1
        self.names = [column.target.attname for column, *_ in select[self.start : self.end]]
        self.pk = self.start + self.names.index(self.model._meta.pk_fields[0].attname)
        self.state = {"db": db, "adding": False, "fetch_mode": fetch_mode}
        self.fill = self._fill if _is_plain(self.model) else self._fill_as_django_does
        self.joined = [
            (_Maker(each, select, db, fetch_mode), each["local_setter"], each["remote_setter"])
            for each in info.get("related_klass_infos", ())
        ]

    def make(self, row: Cells) -> Any:
        """Return the instance, or ``None`` where a row has none."""
        if row[self.pk] is None:
            return None
        instance = self.fill(row[self.start : self.end])
        for maker, join, join_back in self.joined:
            other = maker.make(row)
            join(instance, other)
            if other is not None:
                join_back(other, instance)
        return instance

    def annotated(self, annotations: dict[str, int]) -> Callable[[Cells], Any]:
        """Return what makes instances with these annotations, each from its place in the row."""

        def make(row: Cells) -> Any:
            instance = self.make(row)
            for name, place in annotations.items():
                setattr(instance, name, row[place])
            return instance

        return make

    def _fill(self, cells: Cells) -> Model:
        instance = self.model.__new__(self.model)
        instance.__dict__["_state"] = state = ModelState()
        state.__dict__.update(self.state)
        instance.__dict__.update(zip(self.names, cells, strict=True))
        return instance

    def _fill_as_django_does(self, cells: Cells) -> Model:
        made: Model = self.model.from_db(
            self.state["db"],
            self.names,
            cells,
            fetch_mode=self.state["fetch_mode"],
        )
        return made


def _is_plain(model: type[Model]) -> bool:
    """Return whether to make an instance means no more than to write down its fields."""
    listened_to = pre_init.has_listeners(model) or post_init.has_listeners(model)
    is_its_own = model.__init__ is Model.__init__ and (
        model.from_db.__func__ is Model.from_db.__func__  # type: ignore[attr-defined]
    )
    return is_its_own and not listened_to
