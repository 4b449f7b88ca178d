"""A course as it lies before a learner: its sections and lessons, and what is done."""

from dataclasses import dataclass
from itertools import groupby

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef

from catalog.models import Course, Lesson
from library.guests import Guest
from library.models import LessonProgress, StudyProgress
from project.accounts.models import User


@dataclass(frozen=True)
class OutlineLesson:
    """A lesson in the outline."""

    lesson: Lesson
    is_done: bool


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

    @property
    def items(self) -> list[OutlineLesson]:
        """The lessons of all sections."""
        return [item for section in self.sections for item in section.lessons]

    @property
    def progress(self) -> StudyProgress:
        """How far the learner is."""
        undone = [item.lesson for item in self.items if not item.is_done]
        total = len(self.items)
        return StudyProgress(
            done=total - len(undone), total=total, next_lesson=undone[0] if undone else None
        )

    def is_done(self, lesson: Lesson) -> bool:
        """Whether the learner has done the lesson."""
        return any(item.is_done for item in self.items if item.lesson == lesson)

    def neighbors(self, lesson: Lesson) -> tuple[Lesson | None, Lesson | None]:
        """Return the lessons before and after this one, in whichever section they are."""
        lessons = [item.lesson for item in self.items]
        at = lessons.index(lesson)
        before = lessons[at - 1] if at else None
        after = lessons[at + 1] if at + 1 < len(lessons) else None
        return before, after


def outline_of(course: Course, viewer: User | AnonymousUser) -> Outline:
    """Return the course's outline with what the viewer has done, in one query."""
    return outlines_of([course], viewer)[course.pk]


def outlines_of(courses: list[Course], viewer: User | AnonymousUser) -> dict[int, Outline]:
    """Return the outlines of several courses by their pk, in one query for all."""
    done = LessonProgress.objects.filter(learner=viewer.pk, lesson=OuterRef("pk"))
    lessons = (
        Lesson.objects.filter(course__in=courses)
        .select_related("section")
        .defer("body", "body_html")
        .annotate(is_done=Exists(done))
        .order_by("course_id", "section__position", "section_id", "position", "pk")
        .fetch_mode(models.FETCH_RAISE)
    )
    done_here = viewer.done if isinstance(viewer, Guest) else frozenset()
    outlines = {course.pk: Outline([]) for course in courses}
    for section, group in groupby(lessons, key=lambda lesson: lesson.section):
        items = [
            # Annotated, unless it was done by somebody who has no account to note it for.
            OutlineLesson(lesson, is_done=lesson.is_done or lesson.pk in done_here)  # type: ignore[attr-defined]
            for lesson in group
        ]
        outlines[section.course_id].sections.append(
            OutlineSection(section.title, section.summary, items)
        )
    return outlines
