"""Finding in the lessons of one course what is written, and in its videos what is said.

The indexes of both tables hold the words as they stand (``LessonWords``, ``CueWords``): PostgreSQL
keeps them, whichever way a row is written. What grammar knows of other forms of a word is put into
the question instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import F

from catalog.models import Caption, Course, Lesson
from catalog.models.searching import CueWords, Holds, LessonWords, plain_words
from catalog.search.languages import SIMPLE, configuration

SHORTEST_STEM = 3
CUES_OF_A_LESSON = 3

_STEMS = """
SELECT word, grammar, tsvector_to_array(to_tsvector(grammar::regconfig, word))
FROM unnest(%s::text[]) AS word, unnest(%s::text[]) AS grammar
"""

_CUES = f"""
SELECT lesson_id, language, seconds, said
FROM (
    SELECT
        caption.lesson_id, caption.language, (cue ->> 0)::int AS seconds, cue ->> 1 AS said,
        row_number() OVER (
            PARTITION BY caption.id
            ORDER BY ts_rank({plain_words("cue ->> 1")}, to_tsquery('simple', %(any)s)) DESC, place
        ) AS number
    FROM catalog_caption AS caption
    CROSS JOIN LATERAL jsonb_array_elements(caption.cues) WITH ORDINALITY AS cues (cue, place)
    WHERE caption.id = ANY(%(captions)s)
        AND {plain_words("cue ->> 1")} @@ to_tsquery('simple', %(any)s)
) AS hits
WHERE number <= %(most)s
ORDER BY lesson_id, language, seconds
"""  # noqa: S608  constants of ours


@dataclass(frozen=True)
class Wanted:
    """What is looked for: of each word the beginnings of which one has to stand in the text."""

    words: tuple[tuple[str, ...], ...]

    @property
    def every(self) -> str:
        """The question for texts that have all of the words."""
        return " & ".join(f"({_either(beginnings)})" for beginnings in self.words)

    @property
    def any(self) -> str:
        """The question for texts that have one of them."""
        return " | ".join(_either(beginnings) for beginnings in self.words)

    @property
    def beginnings(self) -> list[str]:
        """All beginnings, the longest first."""
        known = {one for beginnings in self.words for one in beginnings}
        return sorted(known, key=lambda one: (-len(one), one))


@dataclass(frozen=True)
class Said:
    """What is said in a lesson's video from a second on."""

    lesson: int
    language: str
    seconds: int
    words: str


def wanted(words: Sequence[str], *, languages: Iterable[str]) -> Wanted:
    """Return what to look for, in one query.

    ``languages`` (codes) are those whose grammar says which words, such as "the", are not worth
    looking for beside others, and what the stem of one is.
    """
    grammars = sorted({configuration(code) for code in languages} - {SIMPLE})
    stems: dict[str, list[list[str]]] = {word: [] for word in words}
    if words and grammars:
        with connection.cursor() as cursor:
            cursor.execute(_STEMS, [list(stems), grammars])
            for word, _grammar, found in cursor.fetchall():
                stems[word].append(found)
    telling = [word for word, found in stems.items() if all(found)]
    return Wanted(tuple(_beginnings(word, stems[word]) for word in telling or stems))


def lessons_with(course: Course, want: Wanted) -> set[int]:
    """Return the lessons (pks) of the course whose text has all of the words."""
    lessons = Lesson.objects.filter(course=course).order_by()
    holds = Holds(LessonWords(F("title"), F("body_html")), want.every)
    return set(lessons.filter(holds).values_list("pk", flat=True))


def captions_with(course: Course, want: Wanted) -> dict[int, int]:
    """Return the captions (pks) that have all of the words, with the lessons (pks) of each."""
    captions = Caption.objects.filter(lesson__course=course).order_by()
    holds = Holds(CueWords(F("cues")), want.every)
    return dict(captions.filter(holds).values_list("pk", "lesson"))


def said_in(captions: Iterable[int], want: Wanted) -> list[Said]:
    """Return where in these captions the words are said, the most of them first: a few in each."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CUES, {"captions": sorted(captions), "any": want.any, "most": CUES_OF_A_LESSON}
        )
        return [Said(*row) for row in cursor.fetchall()]


def _beginnings(word: str, stems: list[list[str]]) -> tuple[str, ...]:
    """Return the word, and its stems unless they begin alike or would begin too much."""
    known = {one for found in stems for one in found if one.isalnum()}
    own = {one for one in known if len(one) >= SHORTEST_STEM}
    every = own | {word}
    return tuple(sorted(one for one in every if not _is_covered(one, every)))


def _is_covered(beginning: str, others: set[str]) -> bool:
    return any(beginning != one and beginning.startswith(one) for one in others)


def _either(beginnings: Sequence[str]) -> str:
    return " | ".join(f"'{one}':*" for one in beginnings)
