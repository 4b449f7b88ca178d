"""The courses that somebody has, and how far they are in each."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models

from catalog.models import Course
from library.models import Enrollment, LessonProgress, StudyProgress
from project.accounts.models import User


@dataclass(frozen=True)
class Study:
    """A course that a learner has."""

    enrollment: Enrollment
    progress: StudyProgress

    @property
    def course(self) -> Course:
        """The course."""
        return self.enrollment.course

    @property
    def last_touched_at(self) -> datetime:
        """When the learner last did a lesson, or else got the course."""
        return self.progress.last_done_at or self.enrollment.created_at


def shelf_of(learner: User) -> list[Study]:
    """Return what the learner has, last studied first, in three queries.

    A suspended seat is among them, so that a course does not vanish without a word.
    """
    enrollments = list(
        Enrollment.objects.current()
        .held_by(learner)
        .select_related("course")
        .fetch_mode(models.FETCH_RAISE)
    )
    progress = LessonProgress.objects.by_course(learner, [seat.course for seat in enrollments])
    studies = [Study(seat, progress[seat.course_id]) for seat in enrollments]
    return sorted(studies, key=lambda study: study.last_touched_at, reverse=True)
