"""How far learners are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, Max, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog import clock
from catalog.models import Course, Lesson
from library.models.enrollment import Enrollment
from library.models.waiting import is_waiting, since_learner_has
from library.models.watched import place_in, watched_by
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


@dataclass(frozen=True)
class Done:
    """How many lessons of a course are done, and when the last was."""

    count: int = 0
    latest: datetime | None = None


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

    def by_course(
        self,
        learner: User,
        courses: Collection[Course],
        *,
        moment: datetime | None = None,
        done: Mapping[int, "Done"] | None = None,
    ) -> dict[int, StudyProgress]:
        """Return how far the learner is in each of the courses, by its pk, in two queries.

        In one, if the caller knows already how much is ``done`` of each.
        """
        moment = moment or clock.now()
        done = self._done_by_course(learner, courses) if done is None else done
        following = self._next_by_course(learner, courses, moment)
        return {
            course.pk: StudyProgress(
                done=done[course.pk].count,
                total=course.lesson_count,
                last_done_at=done[course.pk].latest,
                **_what_is_next(following.get(course.pk), moment),
            )
            for course in courses
        }

    def _done_by_course(
        self, learner: User, courses: Collection[Course]
    ) -> "defaultdict[int, Done]":
        rows = self.filter(learner=learner, lesson__course__in=courses)
        totals = rows.values("lesson__course").annotate(
            count=Count("pk"), latest=Max("completed_at")
        )
        return defaultdict(
            Done,
            {row["lesson__course"]: Done(row["count"], row["latest"]) for row in totals},
        )

    def _next_by_course(
        self, learner: User, courses: Collection[Course], moment: datetime
    ) -> dict[int, Lesson]:
        """Return the first lesson of each course, in its order, that the learner has yet to do.

        Several courses are of those that the learner has, or has had.

        One that has yet to open comes only if there is no other. Who was in the middle of a video
        goes on with that.
        """
        told = {"learner": learner.pk, "moment": moment, "today": timezone.localdate(moment)}
        if len(courses) == 1:
            firsts = _first_undone_of_one.all(course=next(iter(courses)).pk, **told)
        else:
            firsts = _first_undone_of_each.all(**told) if courses else []
        return {lesson.course_id: lesson for lesson in firsts}


def _first_undone_of_courses() -> "models.QuerySet[Lesson]":
    # The learner's own, rather than a list of them: of a list PostgreSQL does not know beforehand
    # how long it is, and would plan anew each time, which takes three times as long as to look.
    seats = Enrollment.objects.held_by(Given("learner"))
    return _first_undone(Lesson.objects.filter(course__in=seats.values("course")))


def _first_undone_of_a_course() -> "models.QuerySet[Lesson]":
    return _first_undone(Lesson.objects.filter(course=Given("course")))


def _first_undone(lessons: "models.QuerySet[Lesson]") -> "models.QuerySet[Lesson]":
    learner = Given("learner")
    done = LessonProgress.objects.filter(learner=learner, lesson=OuterRef("pk"))
    undone = lessons.filter(~Exists(done))
    firsts = (
        undone.annotate(**since_learner_has(learner, Given("moment")), **watched_by(learner))
        .annotate(is_waiting=is_waiting(Given("today")))
        .order_by(
            "course_id",
            "is_waiting",
            F("watched_at").desc(nulls_last=True),
            "section__position",
            "section_id",
            "position",
            "pk",
        )
        .distinct("course_id")
        .select_related("section")
    )
    opening = ("opens_after_days", "opens_on")
    shown = ("course", "slug", "title", *opening, *(f"section__{name}" for name in opening))
    return firsts.only(*shown)


_first_undone_of_each = Prepared(_first_undone_of_courses)
_first_undone_of_one = Prepared(_first_undone_of_a_course)


def _what_is_next(lesson: Lesson | None, moment: datetime) -> dict[str, Any]:
    """Return the next lesson, or when it opens."""
    since: datetime | None = getattr(lesson, "since", None)
    opens_at = lesson.opens_at(since, moment=moment) if lesson and since else None
    if opens_at:
        return {"opens_at": opens_at}
    return {"next_lesson": lesson, "next_seconds": place_in(lesson) if lesson else 0}


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
