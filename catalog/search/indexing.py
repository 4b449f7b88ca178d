"""Keeps what courses are found by: the only writer of it, and the only place that makes it stale.

A course is found by its title (A), its summary, topics and instructor (B), its outcomes and
description (C) and the titles of its lessons (D). Each stands in the vector twice: as it is
written, so that the beginning of a word finds it, and by the grammar of the course's language, so
that "baked" finds "baking".
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Count

from catalog.models import Assortment, Course, CourseStatus, SearchWord, Topic
from catalog.search.languages import CONFIGURATIONS

AT_ONCE = 500

# What PostgreSQL's parser would take for a part of a host, a path, a number or an address, and keep
# together: "node.js" is to be found by "js".
SEPARATORS = "./\\-–—_@:+'’~&=?#%"
_CONSTANTS = {
    "grammars": json.dumps(CONFIGURATIONS),
    "separators": SEPARATORS,
    "blanks": " " * len(SEPARATORS),
}

_REFRESH = """
WITH told AS (
    SELECT
        course.id,
        coalesce(
            %(grammars)s::jsonb ->> split_part(lower(course.language), '-', 1), 'simple'
        )::regconfig AS grammar,
        course.status = 'published' AS is_listed,
        translate(course.title, %(separators)s, %(blanks)s) AS a,
        translate(concat_ws(' ', course.summary, instructor.name, (
            SELECT string_agg(topic.name, ' ')
            FROM catalog_topic AS topic
            JOIN catalog_course_topics AS link ON link.topic_id = topic.id
            WHERE link.course_id = course.id
        )), %(separators)s, %(blanks)s) AS b,
        translate(left(concat_ws(
            ' ', array_to_string(course.outcomes, ' '), course.description
        ), 20000), %(separators)s, %(blanks)s) AS c,
        translate(left(concat_ws(' ', (
            SELECT string_agg(lesson.title, ' ')
            FROM catalog_lesson AS lesson
            WHERE lesson.course_id = course.id
        )), 20000), %(separators)s, %(blanks)s) AS d
    FROM catalog_course AS course
    JOIN catalog_instructor AS instructor ON instructor.id = course.instructor_id
    WHERE course.id = ANY(%(ids)s)
)
UPDATE catalog_course
SET search =
        setweight(to_tsvector('simple', a) || to_tsvector(grammar, a), 'A')
        || setweight(to_tsvector('simple', b) || to_tsvector(grammar, b), 'B')
        || setweight(to_tsvector('simple', c) || to_tsvector(grammar, c), 'C')
        || setweight(to_tsvector('simple', d) || to_tsvector(grammar, d), 'D'),
    topic_pks = ARRAY(
        SELECT link.topic_id FROM catalog_course_topics AS link
        WHERE link.course_id = told.id ORDER BY link.topic_id
    ),
    words = CASE WHEN is_listed THEN ARRAY(
        SELECT lexeme
        FROM unnest(to_tsvector('simple', concat_ws(' ', a, b, d)))
        WHERE length(lexeme) BETWEEN 3 AND 30 AND lexeme !~ '[[:digit:][:punct:]]'
    ) ELSE '{}' END
FROM told
WHERE catalog_course.id = told.id
RETURNING catalog_course.words
"""

_NEW_VERSION = """
INSERT INTO catalog_assortment (id, version, topics, languages) VALUES (1, %s, '[]', '[]')
ON CONFLICT (id) DO UPDATE SET version = excluded.version
"""

_USE_MORE = """
INSERT INTO catalog_searchword (word, courses) SELECT * FROM unnest(%s::text[], %s::int[])
ON CONFLICT (word) DO UPDATE SET courses = catalog_searchword.courses + excluded.courses
"""

_USE_LESS = """
UPDATE catalog_searchword SET courses = greatest(0, courses - fewer.number)
FROM unnest(%s::text[], %s::int[]) AS fewer (word, number)
WHERE catalog_searchword.word = fewer.word
"""


def refresh_search(courses: Iterable[int]) -> None:
    """Keep what these courses (pks) are found by, and what there is to choose from.

    To be called after their texts, topics, lessons, instructor or status have changed. Courses are
    locked in the order of their keys, and the assortment after them: whoever refreshes several in
    one transaction does it in one call at its end.
    """
    pks = sorted(set(courses))
    with transaction.atomic():
        change: Counter[str] = Counter()
        for chunk in _chunks(pks):
            change.update(_refresh(chunk))
        _begin_new_version()
        _count_words(change)
        _keep_choices()


def forget(courses: Iterable[int]) -> None:
    """Take courses (pks) that are deleted next out of the vocabulary."""
    used: Counter[str] = Counter()
    locked = Course.objects.filter(pk__in=list(courses)).order_by("pk").select_for_update()
    for words in locked.values_list("words", flat=True):
        used.subtract(words or [])
    _begin_new_version()
    _count_words(used)
    Course.objects.filter(pk__in=list(courses)).update(words=[])


def _chunks(pks: list[int]) -> Iterator[list[int]]:
    return (pks[start : start + AT_ONCE] for start in range(0, len(pks), AT_ONCE))


def _refresh(pks: list[int]) -> Counter[str]:
    """Refresh the courses themselves; return by how much the use of each word has changed."""
    change: Counter[str] = Counter()
    locked = Course.objects.filter(pk__in=pks).order_by("pk").select_for_update()
    for words in locked.values_list("words", flat=True):
        change.subtract(words or [])
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, {"ids": pks, **_CONSTANTS})
        for (words,) in cursor.fetchall():
            change.update(words)
    return change


def _begin_new_version() -> None:
    """Give the assortment another version. Whoever else changes words waits for our commit."""
    with connection.cursor() as cursor:
        cursor.execute(_NEW_VERSION, [uuid4()])


def _count_words(change: dict[str, int]) -> None:
    """Change how many courses use each word. The assortment's lock must be held."""
    more = {word: number for word, number in change.items() if number > 0}
    fewer = {word: -number for word, number in change.items() if number < 0}
    with connection.cursor() as cursor:
        if more:
            cursor.execute(_USE_MORE, [list(more), list(more.values())])
        if fewer:
            cursor.execute(_USE_LESS, [list(fewer), list(fewer.values())])
            SearchWord.objects.filter(courses=0).delete()


def _keep_choices() -> None:
    """Write down the topics and languages of what is published."""
    topics = Topic.objects.filter(courses__status=CourseStatus.PUBLISHED).distinct()
    languages = (
        Course.objects.published()
        .values_list("language", flat=True)
        .annotate(number=Count("pk"))
        .order_by("-number", "language")
    )
    Assortment.objects.update(
        topics=list(topics.values("id", "slug", "name")), languages=list(languages)
    )
