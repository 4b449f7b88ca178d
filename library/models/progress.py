"""How far learners are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog import clock
from catalog.models import Course, Lesson
from library.models.enrollment import Enrollment
from library.models.next_lesson import NextLesson, next_in
from library.models.waiting import since_learner_has
from project.accounts.models import User
from project.prepared import Given, Prepared


@dataclass(frozen=True)
class StudyProgress:
    """How far a learner is in a course."""

    done: int
    total: int
    next_lesson: Lesson | None = None
    next_seconds: int = 0  # where the learner was in its video
    last_done_at: datetime | None = None
    opens_at: datetime | None = None  # if all that is left has yet to open: when that begins

    @classmethod
    def read(
        cls,
        course: Course,
        done: int,
        last_done_at: datetime | None,
        following: Mapping[str, Any] | None,
    ) -> "StudyProgress":
        """Return what ``progress_in`` told of the course."""
        known = NextLesson.read(following)
        return cls(
            done=done,
            total=course.lesson_count,
            next_lesson=known.lesson,
            next_seconds=known.seconds,
            last_done_at=last_done_at,
            opens_at=known.opens_at,
        )

    @property
    def percent(self) -> int:
        """How much is done, 0 to 100; 100 only when everything is."""
        return min(100, self.done * 100 // self.total) if self.total else 0

    @property
    def has_started(self) -> bool:
        """Whether anything is done."""
        return self.done > 0

    @property
    def is_finished(self) -> bool:
        """Whether everything is done."""
        return self.total > 0 and self.next_lesson is None and self.opens_at is None


class LessonProgressQuerySet(models.QuerySet["LessonProgress"]):
    """What was done."""

    def of(self, learner: User, course: Course) -> "LessonProgressQuerySet":
        """Narrow to the learner's, in one course."""
        return self.filter(learner=learner, lesson__course=course)

    def shared_on(self, seats: Iterable[Enrollment]) -> dict[int, int]:
        """Return how many lessons are done on each seat whose learner shares that, by its pk."""
        shared = {
            (seat.learner_id, seat.course_id): seat.pk for seat in seats if seat.shares_progress
        }
        if not shared:
            return {}
        learners, courses = zip(*shared, strict=True)
        rows = (
            self.filter(learner__in=learners, lesson__course__in=courses)
            .order_by()
            .values_list("learner", "lesson__course")
            .annotate(Count("pk"))
        )
        done = {(learner, course): count for learner, course, count in rows}
        return {pk: done.get(whose, 0) for whose, pk in shared.items()}

    def mark(self, learner: User, lesson: Lesson) -> None:
        """Remember that the learner has done the lesson; the first time is the one that counts.

        One INSERT that the database ignores the second time (``lesson_progress_once``), so that
        a double click is no error.
        """
        self.bulk_create([self.model(learner=learner, lesson=lesson)], ignore_conflicts=True)

    def adopt(self, learner: User, moments: Mapping[int, datetime]) -> None:
        """Remember lessons that were done elsewhere, by their pks, with when that was."""
        rows = [
            self.model(learner=learner, lesson_id=pk, completed_at=at) for pk, at in moments.items()
        ]
        self.bulk_create(rows, ignore_conflicts=True)

    def unmark(self, learner: User, lesson: Lesson) -> None:
        """Forget that the learner has done the lesson."""
        self.filter(learner=learner, lesson=lesson).delete()

    def in_course(self, learner: User, course: Course) -> StudyProgress:
        """Return how far the learner is in the course, in one query."""
        moment = clock.now()
        today = timezone.localdate(moment)
        known = {"learner": learner.pk, "course": course.pk, "moment": moment, "today": today}
        return StudyProgress.read(course, *_in_course.only_one(**known))


def progress_in(course: OuterRef, *, learner: Given, today: Given) -> dict[str, Any]:
    """Return what annotates with how far the learner is in a course, for ``StudyProgress.read``.

    It annotates what knows already ``since`` when the learner has had the course.
    """
    everything = LessonProgress.objects.all()
    here = everything.filter(learner=learner, lesson__course=course).order_by()
    done = here.values("lesson__course")
    return {
        "done": Coalesce(Subquery(done.values(count=Count("pk"))), 0),
        "last_done_at": Subquery(done.values(latest=Max("completed_at"))),
        "following": next_in(course, learner=learner, today=today, done=everything),
    }


def _in_a_course() -> "models.QuerySet[Course, tuple[Any, ...]]":
    learner, today = Given("learner"), Given("today")
    since = since_learner_has(learner, Given("moment"), seats="enrollments")
    progress = progress_in(OuterRef("pk"), learner=learner, today=today)
    courses = Course.objects.filter(pk=Given("course")).annotate(**since)
    return courses.annotate(**progress).values_list(*progress)


_in_course = Prepared(_in_a_course)


class LessonProgress(models.Model):
    """A lesson that a learner has done. Money never deletes one."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="progress"
    )
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="progress")
    completed_at = models.DateTimeField(default=timezone.now)

    objects = LessonProgressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("lesson progress")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "lesson"], name="lesson_progress_once")
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.lesson}"
