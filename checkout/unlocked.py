"""Courses that an order opened, with their contents, as its page shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from catalog.models import Course, Lesson
from library.outline import Outline


@dataclass(frozen=True)
class UnlockedLesson:
    """A lesson that the order opened."""

    lesson: Lesson
    course: Course

    @property
    def title(self) -> str:
        """What it is called."""
        return self.lesson.title

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return self.lesson.minutes

    @property
    def url(self) -> str:
        """Where it is read."""
        return reverse("library:lesson", args=[self.course.slug, self.lesson.slug])


@dataclass(frozen=True)
class UnlockedCourse:
    """A course that the order opened, with its contents."""

    course: Course
    outline: Outline
    ends_at: datetime | None = None

    @property
    def url(self) -> str:
        """Where it is studied."""
        return reverse("library:course", args=[self.course.slug])

    @property
    def sections(self) -> list[dict[str, Any]]:
        """Its contents, by section."""
        return [
            {
                "title": section.title,
                "lessons": [UnlockedLesson(item.lesson, self.course) for item in section.lessons],
            }
            for section in self.outline.sections
        ]

    @property
    def is_started(self) -> bool:
        """Whether the viewer has done a lesson of it."""
        return self.outline.progress.done > 0

    @property
    def first_lesson(self) -> UnlockedLesson | None:
        """Where to start, or to go on."""
        lesson = self.outline.progress.next_lesson
        return UnlockedLesson(lesson, self.course) if lesson else None
