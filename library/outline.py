"""A course as it lies before a learner: its sections and lessons, and what is done."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, QuerySet

from catalog import clock
from catalog.models import Course, Lesson
from library.access import may_change_courses, seats_of
from library.guests import Guest
from library.models import LessonProgress, StudyProgress
from library.models.waiting import since_learner_has, since_of
from library.models.watched import place_in, watched_by
from project.accounts.models import User
from project.prepared import Given, Prepared


@dataclass(frozen=True)
class OutlineLesson:
    """A lesson in the outline."""

    lesson: Lesson
    is_done: bool
    opens_at: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it has yet to open."""
        return self.opens_at is not None

    @property
    def face(self) -> tuple[Hashable, ...]:
        """All that is shown of it in the outline."""
        lesson = self.lesson
        length = lesson.video_length  # type: ignore[attr-defined]  # annotated
        looks = (lesson.pk, lesson.slug, lesson.title, lesson.minutes, lesson.is_preview)
        return *looks, length, self.is_done, self.opens_at


@dataclass(frozen=True)
class OutlineSection:
    """A section in the outline."""

    title: str
    summary: str
    lessons: list[OutlineLesson]

    @property
    def minutes(self) -> int:
        """How long its lessons take together."""
        return sum(item.lesson.minutes for item in self.lessons)


@dataclass(frozen=True)
class Outline:
    """All of a course in its order. Sections in which there is no lesson yet are left out."""

    sections: list[OutlineSection]

    @cached_property
    def items(self) -> list[OutlineLesson]:
        """The lessons of all sections."""
        return [item for section in self.sections for item in section.lessons]

    @property
    def face(self) -> tuple[Hashable, ...]:
        """All that is shown of it beside a lesson."""
        return tuple(
            (section.title, *(item.face for item in section.lessons)) for section in self.sections
        )

    @property
    def is_held(self) -> bool:
        """Whether whoever looks has a seat by which they may study the course."""
        return any(item.lesson.since for item in self.items)  # type: ignore[attr-defined]

    @property
    def progress(self) -> StudyProgress:
        """How far the learner is."""
        items = self.items
        undone = [item for item in items if not item.is_done]
        ready = [item.lesson for item in undone if not item.is_waiting]
        # Who was in the middle of something goes on with that.
        watched = [lesson for lesson in ready if lesson.watched_at]  # type: ignore[attr-defined]
        if watched:
            ready = [max(watched, key=lambda lesson: lesson.watched_at)]  # type: ignore[attr-defined]
        later = [item.opens_at for item in undone if item.opens_at]
        return StudyProgress(
            done=len(items) - len(undone),
            total=len(items),
            next_lesson=ready[0] if ready else None,
            next_seconds=place_in(ready[0]) if ready else 0,
            opens_at=min(later) if later and not ready else None,
        )

    def is_done(self, lesson: Lesson) -> bool:
        """Whether the learner has done the lesson."""
        return any(item.is_done for item in self.items if item.lesson.pk == lesson.pk)

    def opens_at(self, lesson: Lesson) -> datetime | None:
        """Return when the lesson opens, if it has yet to."""
        return next((item.opens_at for item in self.items if item.lesson.pk == lesson.pk), None)

    def neighbors(self, lesson: Lesson) -> tuple[Lesson | None, Lesson | None]:
        """Return the open lessons before and after this one, in whichever section they are."""
        here = lesson.pk
        lessons = [
            item.lesson for item in self.items if not item.is_waiting or item.lesson.pk == here
        ]
        at = next(place for place, other in enumerate(lessons) if other.pk == here)
        before = lessons[at - 1] if at else None
        after = lessons[at + 1] if at + 1 < len(lessons) else None
        return before, after


def outline_of(
    course: Course, viewer: User | AnonymousUser, *, moment: datetime | None = None
) -> Outline:
    """Return the course's outline with what the viewer has done, in one query."""
    return outlines_of([course], viewer, moment=moment)[course.pk]


def outlines_of(
    courses: list[Course], viewer: User | AnonymousUser, *, moment: datetime | None = None
) -> dict[int, Outline]:
    """Return the outlines of several courses by their pk, in one query for all."""
    moment = moment or clock.now()
    if len(courses) == 1 and isinstance(viewer, User) and viewer.is_active:
        lessons = _lessons_of_one.all(course=courses[0].pk, learner=viewer.pk, moment=moment)
    else:
        seats = seats_of(viewer, moment=moment)
        lessons = list(_lessons(viewer.pk, {"since": since_of(seats)}).filter(course__in=courses))
    sees_all = may_change_courses(viewer)
    done_here = viewer.done if isinstance(viewer, Guest) else frozenset()
    outlines = {course.pk: Outline([]) for course in courses}
    for _, group in groupby(lessons, key=attrgetter("section_id")):
        items = [
            OutlineLesson(
                lesson,
                # Annotated, unless it was done by somebody who has no account to note it for.
                is_done=lesson.is_done or lesson.pk in done_here,  # type: ignore[attr-defined]
                opens_at=None if sees_all else _opening(lesson, moment),
            )
            for lesson in group
        ]
        section = items[0].lesson.section
        outlines[section.course_id].sections.append(
            OutlineSection(section.title, section.summary, items)
        )
    return outlines


def _lessons(learner: int | Given | None, since: Mapping[str, Any]) -> "QuerySet[Lesson]":
    """Find lessons with what the learner has done, and ``since`` when they are open to them."""
    done = LessonProgress.objects.filter(learner=learner, lesson=OuterRef("pk"))
    return (
        Lesson.objects.select_related("section")
        .defer("body", "body_html", "source_id", "section__source_id")
        .annotate(is_done=Exists(done), **since, **watched_by(learner))
        .order_by("course_id", "section__position", "section_id", "position", "pk")
        .fetch_mode(models.FETCH_RAISE)
    )


def _lessons_of_a_learner() -> "QuerySet[Lesson]":
    learner = Given("learner")
    since = since_learner_has(learner, Given("moment"), seats="course__enrollments")
    return _lessons(learner, since).filter(course=Given("course"))


_lessons_of_one = Prepared(_lessons_of_a_learner)


def _opening(lesson: Lesson, moment: datetime) -> datetime | None:
    """Return when the lesson opens; a stranger, who has no seat, waits for none."""
    since: datetime | None = lesson.since  # type: ignore[attr-defined]  # annotated
    return lesson.opens_at(since, moment=moment) if since else None
