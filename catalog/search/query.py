"""From what somebody typed to the courses that it finds, the best first."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.postgres.search import SearchQueryField, SearchVector
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models import F, Func
from django.db.models.expressions import Combinable, RawSQL

from catalog.models import Course, CourseQuerySet, Order
from catalog.models.course_queries import SORT_KEYS
from catalog.search.languages import SIMPLE, configuration
from project.prepared import Place, prepare
from project.statement import Statement, array

# What is longer says nothing more.
MOST_CHARACTERS, MOST_WORDS, LONGEST_WORD = 200, 8, 40
# A word that stands in more courses than this is looked for in the newest of them, and, so that no
# title is missed, in the newest that have it in their title. To rank all would take as long as
# there are courses.
MOST_FOUND, MOST_TITLES = 1000, 500
# Of D, C, B and A: one word of a title outweighs all that can stand in a summary, and so on.
WEIGHTS = "{0.001, 0.01, 0.1, 1}"

_WORD = re.compile(r"[^\W_]+")


_PAGE = """
WITH found (pk, slug, key, published_at) AS ({found}),
placed AS MATERIALIZED (SELECT pk, slug, row_number() OVER (ORDER BY {order}) AS place FROM found)
SELECT count(*), ARRAY(
    SELECT pk FROM placed
    WHERE place > coalesce((SELECT place FROM placed WHERE slug = %s), 0)
    ORDER BY place LIMIT %s::int
)
FROM placed
"""
_BEST_FIRST = "key DESC NULLS LAST, published_at DESC NULLS LAST, pk DESC"


@dataclass(frozen=True)
class Found:
    """How many courses were found, and the pks of those that come next, in their order."""

    count: int
    pks: list[int]


def words_in(text: str) -> list[str]:
    """Return the words that are looked for, in small letters; nothing else of the text matters."""
    plain = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).lower()
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)[:MOST_WORDS]]


def find(
    courses: CourseQuerySet | None,
    words: Sequence[str],
    *,
    languages: Iterable[str],
    most: int,
    order: Order | None = None,
    after: str = "",
) -> Found:
    """Find those of the courses that have every word, or its beginning, or another form of it.

    They come in the order that is given, or else the best first, and of equals the newest: at
    ``most`` so many, and only those that come ``after`` the one with this slug. ``languages``
    (codes) are those whose grammar says what another form is, and which words, such as "the", are
    not worth looking for beside others. Without ``courses``, it is all that the catalog lists.
    """
    values: dict[str, Any] = {
        "words": array(words),
        "grammars": array(_grammars(languages)),
        "beginnings": " & ".join(f"'{word}':*" for word in words),
        "after": after,
        "most": most,
    }
    if courses is None:
        statement, places = _among_all(order)
        [found] = statement.rows(connection, [values[name] for name in places])
        return Found(*found)
    # With more wishes, what is asked cannot be written beforehand.
    sql, params = _page_of(courses, order)
    told = [values[part] if type(part) is Place else part for part in params]
    with connection.cursor() as cursor:
        cursor.execute(sql, told)
        return Found(*cursor.fetchone())


@cache
def _among_all(order: Order | None) -> tuple[Statement, tuple[Place, ...]]:
    """Return what is asked among all that the catalog lists."""
    return prepare(*_page_of(Course.objects.published(), order), using=DEFAULT_DB_ALIAS)


def _page_of(courses: CourseQuerySet, order: Order | None) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL for a page of what is found, and what it is given."""
    newest = courses.newest_first()
    key = SORT_KEYS[order][0] if order else _rank()
    columns = ("pk", "slug", key, "published_at")
    anywhere = newest.filter(_holds(F("search"), _question())).values_list(*columns)
    titles = SearchVector("title", config=SIMPLE)
    in_title = newest.filter(_holds(titles, _beginnings())).values_list(*columns)
    found = anywhere[:MOST_FOUND].union(in_title[:MOST_TITLES])
    sql, params = found.query.get_compiler(using=found.db).as_sql()
    return _PAGE.format(found=sql, order=_in_order(order)), (*params, Place("after"), Place("most"))


def _in_order(order: Order | None) -> str:
    if order is None:
        return _BEST_FIRST
    is_descending = SORT_KEYS[order][1]
    return "key DESC NULLS LAST, pk DESC" if is_descending else "key ASC NULLS FIRST, pk ASC"


def _grammars(languages: Iterable[str]) -> list[str]:
    return sorted({configuration(code) for code in languages} - {SIMPLE})


def _question() -> RawSQL:
    """Return the question for texts, from the words that were typed and the grammars.

    The database makes it while it plans (migration 0019), and so knows how much it will find.
    """
    return RawSQL(
        "catalog_search_question(%s::text[], %s::text[])",
        [Place("words"), Place("grammars")],
        SearchQueryField(),
    )


def _beginnings() -> RawSQL:
    """Return the question for titles: each word as the beginning of one."""
    return RawSQL("to_tsquery('simple', %s)", [Place("beginnings")], SearchQueryField())


def _holds(vector: Combinable, question: RawSQL) -> Func:
    return Func(
        vector,
        question,
        template="(%(expressions)s)",
        arg_joiner=" @@ ",
        output_field=models.BooleanField(),
    )


def _rank() -> Func:
    weights = RawSQL(f"'{WEIGHTS}'::float4[]", [])  # noqa: S611  a constant of ours
    return Func(
        weights, F("search"), _question(), function="ts_rank", output_field=models.FloatField()
    )
