"""Makes courses that could be somebody's, many at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from catalog.markdown import render_markdown
from catalog.models import Course, CourseStatus, Instructor, Lesson, Level, Section, Topic
from catalog.money import exponent
from catalog.search.indexing import refresh_search
from catalog.seeding.words import (
    BODIES,
    ELSEWHERE,
    FIRST_NAMES,
    LANGUAGES,
    LAST_NAMES,
    LESSONS,
    OUTCOMES,
    PRICES,
    SECTIONS,
    SUMMARIES,
    TITLES,
    TOPICS,
)

AT_ONCE = 500
INSTRUCTORS = 150

# The made-up courses are known by the beginning of their source's id, and numbered.
SEED = "seed-"


@dataclass(frozen=True)
class _Draft:
    """A course on its way into the database."""

    course: Course
    topics: list[str]
    lessons: list[str]


def seed_courses(wanted: int, *, seed: int, report: Callable[[int], Any]) -> int:
    """Make courses until the catalog lists ``wanted``; return how many were made.

    The same ``seed`` makes the same courses, each by its number. ``report`` is told how many were
    made since it was told last. Courses that are there, made up or not, are left alone.
    """
    missing = max(0, wanted - Course.objects.published().count())
    made = 0
    instructors = _instructors(seed) if missing else []
    for numbers in _chunks(_next_number(), missing):
        _make([_draft(number, seed, instructors) for number in numbers])
        made += len(numbers)
        report(len(numbers))
    return made


def _chunks(start: int, number: int) -> Iterator[range]:
    end = start + number
    return (range(at, min(at + AT_ONCE, end)) for at in range(start, end, AT_ONCE))


def _next_number() -> int:
    ids = Course.objects.filter(source_id__startswith=SEED).values_list("source_id", flat=True)
    return max((int(source_id.removeprefix(SEED)) for source_id in ids if source_id), default=0) + 1


def _instructors(seed: int) -> list[Instructor]:
    """Return those who teach what is made up; who is there stays as they are."""
    dice = Random(f"{seed}-instructors")  # noqa: S311  nothing secret
    names = sorted(
        {f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}" for _ in range(INSTRUCTORS)}
    )
    Instructor.objects.bulk_create([Instructor(name=name) for name in names], ignore_conflicts=True)
    return list(Instructor.objects.filter(name__in=names).order_by("name"))


def _draft(number: int, seed: int, instructors: list[Instructor]) -> _Draft:
    """Think of the course with this number."""
    dice = Random(f"{seed}-{number}")  # noqa: S311  nothing secret
    topic, *others = dice.sample(list(TOPICS), dice.choice([1, 1, 2]))
    subjects, verbs = TOPICS[topic]
    subject, other = dice.sample(subjects, 2)
    first, second, third = dice.sample(verbs, 3)
    words = {"subject": subject, "other": other, "first": first, "second": second, "third": third}
    language = dice.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
    title, summary = _title_and_summary(dice, language)
    title = title.format(**words)
    lessons = [text.format(**words) for text in LESSONS[: dice.randint(5, len(LESSONS))]]
    description = f"{dice.choice(BODIES)}\n\n{dice.choice(BODIES)}"
    course = Course(
        source_id=f"{SEED}{number}",
        slug=f"{slugify(title)[:60]}-{number}",
        title=title,
        summary=summary.format(**words, topic=topic),
        description=description,
        description_html=_rendered(description),
        outcomes=[_sentence(text.format(**words)) for text in dice.sample(OUTCOMES, 3)],
        level=dice.choices(Level.values, [5, 3, 2])[0],
        language=language,
        hue=dice.randrange(360),
        currency=settings.SHOP_CURRENCY,
        status=CourseStatus.PUBLISHED,
        published_at=timezone.now() - timedelta(minutes=dice.randrange(60 * 24 * 365 * 4)),
        instructor=dice.choice(instructors),
        lesson_count=len(lessons),
        minutes=10 * len(lessons),
        **_prices(dice),
    )
    return _Draft(course, [topic, *others], lessons)


def _title_and_summary(dice: Random, language: str) -> tuple[str, str]:
    if language in ELSEWHERE:
        return dice.choice(ELSEWHERE[language])
    return dice.choice(TITLES), dice.choice(SUMMARIES)


def _prices(dice: Random) -> dict[str, int | None]:
    """Return a price, and for one course of eight an earlier, higher one."""
    unit = 10 ** exponent(settings.SHOP_CURRENCY)
    price = dice.choice(PRICES) * unit // 100
    earlier = price + 10 * unit if price and dice.randrange(8) == 0 else None
    return {"price_minor": price, "compare_at_minor": earlier}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def _rendered(text: str) -> str:
    return render_markdown(text)


@transaction.atomic
def _make(drafts: list[_Draft]) -> None:
    """Write the courses with all that belongs to them."""
    courses = Course.objects.bulk_create([draft.course for draft in drafts])
    _add_topics(drafts)
    sections = Section.objects.bulk_create(
        Section(course=course, position=position, title=title)
        for course in courses
        for position, title in enumerate(SECTIONS)
    )
    Lesson.objects.bulk_create(_lessons(drafts, sections), batch_size=2000)
    refresh_search(course.pk for course in courses)


def _add_topics(drafts: list[_Draft]) -> None:
    names = {name for draft in drafts for name in draft.topics}
    topics = {
        name: Topic.objects.get_or_create(name=name, defaults={"slug": slugify(name)})[0]
        for name in names
    }
    link = Course.topics.through
    link._default_manager.bulk_create(
        link(course_id=draft.course.pk, topic_id=topics[name].pk)
        for draft in drafts
        for name in draft.topics
    )


def _lessons(drafts: list[_Draft], sections: list[Section]) -> Iterator[Lesson]:
    """Yield the lessons of each course, the first third in its first section, and so on."""
    for number, draft in enumerate(drafts):
        own = sections[number * len(SECTIONS) : (number + 1) * len(SECTIONS)]
        for position, title in enumerate(draft.lessons):
            body = BODIES[position % len(BODIES)]
            yield Lesson(
                course=draft.course,
                section=own[position * len(own) // len(draft.lessons)],
                position=position,
                slug=f"{slugify(title)[:70]}-{position + 1}",
                title=title,
                body=body,
                body_html=_rendered(body),
                minutes=10,
                is_preview=position == 0,
            )
