"""Searching in a course: what a learner's lessons say, and what is said in their videos.

Only what is open to them is searched. Of lessons that have yet to open the titles are, which the
outline shows as well.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from html import unescape

from django.contrib.auth.models import AnonymousUser
from django.utils.html import strip_tags
from django.utils.translation import get_language

from catalog.models import Course, Lesson
from catalog.search.lessons import (
    Said,
    Wanted,
    captions_with,
    lessons_with,
    said_in,
    wanted,
)
from catalog.search.query import words_in
from library.access import is_free_preview
from library.outline import Outline, OutlineLesson, outline_of
from project.accounts.models import User

AROUND = 90  # characters before and after what was found
CUES_SHOWN = 3

type Piece = tuple[str, bool]  # a text, and whether it is what was looked for


@dataclass(frozen=True)
class Cue:
    """What is said in a video from a second on."""

    seconds: int
    language: str
    pieces: list[Piece]


@dataclass(frozen=True)
class Hit:
    """A lesson that was found, by its title, by what it says, or by what is said in its video."""

    item: OutlineLesson
    title: list[Piece]
    excerpt: list[Piece] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)

    @property
    def lesson(self) -> Lesson:
        """The lesson."""
        return self.item.lesson


class Search:
    """The lessons of a course that were ``found``, those by their titles first."""

    def __init__(self, course: Course, viewer: User | AnonymousUser, typed: str) -> None:
        self.course = course
        self.words = words_in(typed)
        self.outline: Outline = outline_of(course, viewer)
        self.found: list[OutlineLesson] = []
        self._by_text: set[int] = set()
        self._captions: dict[int, int] = {}
        if self.words:
            self._look()

    def _look(self) -> None:
        languages = [self.course.language, get_language() or self.course.language]
        self._want: Wanted = wanted(self.words, languages=languages)
        self._mark = _pattern(self._want)
        self._by_text = lessons_with(self.course, self._want)
        self._captions = captions_with(self.course, self._want)
        inside = self._by_text | set(self._captions.values())
        items = self.outline.items
        titled = [item for item in items if self._is_titled(item.lesson)]
        rest = [item for item in items if self._is_open(item) and item.lesson.pk in inside]
        self.found = [*titled, *(item for item in rest if item not in titled)]

    def hits(self, page: list[OutlineLesson]) -> list[Hit]:
        """Return these of the lessons that were found, with what was found in them."""
        is_open = {item.lesson.pk for item in page if self._is_open(item)}
        texts = dict(
            Lesson.objects.filter(pk__in=is_open & self._by_text).values_list("pk", "body_html")
        )
        said = self._said(is_open)
        return [self._hit(item, texts, said) for item in page]

    def _hit(self, item: OutlineLesson, texts: dict[int, str], said: dict[int, list[Said]]) -> Hit:
        pk = item.lesson.pk
        title = _marked(item.lesson.title, self._mark)
        excerpt = _excerpt(texts[pk], self._mark) if pk in texts else []
        cues = [Cue(one.seconds, one.language, _marked(one.words, self._mark)) for one in said[pk]]
        return Hit(item, title, excerpt, cues)

    def _said(self, lessons: set[int]) -> dict[int, list[Said]]:
        """Return what is said in the videos of these lessons, in the course's language if it is."""
        captions = [pk for pk, lesson in self._captions.items() if lesson in lessons]
        found: dict[int, list[Said]] = defaultdict(list)
        hits = said_in(captions, self._want) if captions else []
        own = self.course.language
        for said in sorted(hits, key=lambda one: (one.language != own, one.language, one.seconds)):
            known = found[said.lesson]
            if len(known) < CUES_SHOWN and (not known or known[0].language == said.language):
                known.append(said)
        return found

    def _is_titled(self, lesson: Lesson) -> bool:
        heard = words_in(lesson.title)
        return all(
            any(word.startswith(beginnings) for word in heard) for beginnings in self._want.words
        )

    def _is_open(self, item: OutlineLesson) -> bool:
        if not item.is_waiting:
            return True
        item.lesson.course = self.course
        return is_free_preview(item.lesson)


def _pattern(want: Wanted) -> re.Pattern[str]:
    beginnings = "|".join(re.escape(one) for one in want.beginnings)
    return re.compile(rf"(?<![^\W_])(?:{beginnings})[^\W_]*", re.IGNORECASE)


def _marked(text: str, pattern: re.Pattern[str]) -> list[Piece]:
    """Return the text in pieces, those marked that were looked for."""
    pieces: list[Piece] = []
    end = 0
    for match in pattern.finditer(text):
        pieces += [(text[end : match.start()], False), (match[0], True)]
        end = match.end()
    return [piece for piece in [*pieces, (text[end:], False)] if piece[0]]


def _excerpt(html: str, pattern: re.Pattern[str]) -> list[Piece]:
    """Return what stands around the first of what was looked for, from word to word."""
    text = " ".join(unescape(strip_tags(html)).split())
    match = pattern.search(text)
    at = match.start() if match else 0
    start, end = max(0, at - AROUND), at + AROUND
    if start:
        start = text.find(" ", start, at) + 1 or start
    if end < len(text):
        end = max(text.rfind(" ", at, end), match.end() if match else end)
    shown = text[start:end]
    before, after = "… " if start else "", " …" if end < len(text) else ""
    return _marked(f"{before}{shown}{after}", pattern)
