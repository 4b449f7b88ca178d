"""From what somebody typed to the courses that it finds, the best first."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.postgres.search import SearchQueryField, SearchVector
from django.db import models
from django.db.models import F, Func
from django.db.models.expressions import RawSQL

from catalog.models import Course, CourseQuerySet, Order
from catalog.models.course_queries import SORT_KEYS
from catalog.search.languages import SIMPLE, configuration
from project.prepared import Place, Prepared

# What is longer says nothing more.
MOST_CHARACTERS, MOST_WORDS, LONGEST_WORD = 200, 8, 40
# A word that stands in more courses than this is looked for in the newest of them, and, so that no
# title is missed, in the newest that have it in their title. To rank all would take as long as
# there are courses.
MOST_FOUND, MOST_TITLES = 1000, 500
# Of D, C, B and A: one word of a title outweighs all that can stand in a summary, and so on.
WEIGHTS = "{0.001, 0.01, 0.1, 1}"

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Find:
    """A course that was found, and what its place among the others depends on."""

    pk: int
    slug: str
    key: Any
    published_at: datetime | None


def words_in(text: str) -> list[str]:
    """Return the words that are looked for, in small letters; nothing else of the text matters."""
    plain = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).lower()
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)[:MOST_WORDS]]


def find(
    courses: CourseQuerySet,
    words: Sequence[str],
    *,
    languages: Iterable[str],
    order: Order | None = None,
    is_all: bool = False,
) -> list[Find]:
    """Return those of the courses that have every word, or its beginning, or another form of it.

    They come in the order that is given, or else the best first, and of equals the newest.
    ``languages`` (codes) are those whose grammar says what another form is, and which words, such
    as "the", are not worth looking for beside others. ``is_all`` says that the courses are all that
    the catalog lists.
    """
    shape = len(words), tuple(_grammars(languages)), order
    if is_all:
        rows = _among_all(*shape).all(**_named(words))
    else:
        # Asked with more wishes than can be written beforehand.
        rows = Prepared(lambda: _rows(courses, *shape)).all(**_named(words))
    place = _place if order else _place_by_rank
    is_descending = SORT_KEYS[order][1] if order else True
    return sorted((Find(*row) for row in rows), key=place, reverse=is_descending)


@lru_cache(64)
def _among_all(number: int, grammars: tuple[str, ...], order: Order | None) -> Prepared[Any]:
    """Return the query for so many words among all that the catalog lists."""
    return Prepared(lambda: _rows(Course.objects.published(), number, grammars, order))


def _rows(
    courses: CourseQuerySet, number: int, grammars: tuple[str, ...], order: Order | None
) -> "models.QuerySet[Course, Any]":
    words = [str(place) for place in range(number)]
    query = _query(words, grammars)
    key = SORT_KEYS[order][0] if order else _rank(query)
    columns = ("pk", "slug", key, "published_at")
    newest = courses.newest_first()
    anywhere = newest.filter(_holds(F("search"), query)).values_list(*columns)
    titles = SearchVector("title", config=SIMPLE)
    in_title = newest.filter(_holds(titles, _beginnings(words))).values_list(*columns)
    return anywhere[:MOST_FOUND].union(in_title[:MOST_TITLES])


def _named(words: Sequence[str]) -> dict[str, str]:
    """Return the words by their numbers, and how each begins, in PostgreSQL's writing.

    They have letters and digits only.
    """
    beginnings = {f"{place}:*": f"'{word}':*" for place, word in enumerate(words)}
    return {**{str(place): word for place, word in enumerate(words)}, **beginnings}


def _place_by_rank(find: Find) -> tuple[float, float, int]:
    day = find.published_at.timestamp() if find.published_at else 0
    return (find.key or 0, day, find.pk)


def _place(find: Find) -> tuple[bool, Any, int]:
    return (find.key is not None, find.key, find.pk)


def _grammars(languages: Iterable[str]) -> list[str]:
    return sorted({configuration(code) for code in languages} - {SIMPLE})


def _holds(vector: models.expressions.Combinable, query: RawSQL) -> Func:
    return Func(
        vector,
        query,
        template="(%(expressions)s)",
        arg_joiner=" @@ ",
        output_field=models.BooleanField(),
    )


def _rank(query: RawSQL) -> Func:
    weights = RawSQL(f"'{WEIGHTS}'::float4[]", [])  # noqa: S611  a constant of ours
    return Func(weights, F("search"), query, function="ts_rank", output_field=models.FloatField())


def _beginnings(words: Sequence[str]) -> RawSQL:
    """Return the query for titles: each word as the beginning of one."""
    return _every([_beginning(word) for word in words]).as_query()


def _query(words: Sequence[str], grammars: Sequence[str]) -> RawSQL:
    """Return the query: every word that means something, or else, if none does, every word."""
    telling = _every([_if_telling(word, grammars) for word in words])
    every = _every([_any_form(word, grammars) for word in words])
    sql = f"coalesce(nullif({telling.sql}, ''::tsquery), {every.sql})"
    return _Sql(sql, [*telling.params, *every.params]).as_query()


@dataclass(frozen=True)
class _Sql:
    """A piece of the query, made of constants; among the params is where what was typed goes."""

    sql: str
    params: list[str]

    def as_query(self) -> RawSQL:
        return RawSQL(self.sql, self.params, output_field=SearchQueryField())  # noqa: S611


def _every(parts: Sequence[_Sql]) -> _Sql:
    """Return the query that all of the parts hold; an empty one demands nothing."""
    sql = " && ".join(part.sql for part in parts) or "''::tsquery"
    return _Sql(f"({sql})", [param for part in parts for param in part.params])


def _if_telling(word: str, grammars: Sequence[str]) -> _Sql:
    """Return the query for the word, empty if a grammar leaves nothing of it, as of "the"."""
    form = _any_form(word, grammars)
    checks = ["numnode(plainto_tsquery(%s::regconfig, %s)) > 0"] * len(grammars)
    sql = f"CASE WHEN {' AND '.join(checks) or 'true'} THEN {form.sql} ELSE ''::tsquery END"
    return _Sql(f"({sql})", [*form.params[1:], *form.params])


def _any_form(word: str, grammars: Sequence[str]) -> _Sql:
    """Return the query for the word's beginning, or for its stem in any of the grammars."""
    beginning = _beginning(word)
    stems = ["plainto_tsquery(%s::regconfig, %s)"] * len(grammars)
    params = [param for grammar in grammars for param in (grammar, Place(word))]
    return _Sql(f"({' || '.join([beginning.sql, *stems])})", [*beginning.params, *params])


def _beginning(word: str) -> _Sql:
    """Return the query for the word as the beginning of one."""
    return _Sql("to_tsquery('simple', %s)", [Place(f"{word}:*")])
