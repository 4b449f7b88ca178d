"""The courses that somebody has, and how far they are in each."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from catalog import clock
from catalog.models import Course
from library.guests import Guest
from library.models import Certificate, CourseUpdate, Enrollment, StudyProgress
from library.models.progress import progress_in
from library.outline import outlines_of
from project.accounts.models import User
from project.prepared import Given, Prepared

# What a card needs, and what tells whether its course may be studied.
SHOWN_OF_SEAT = ("status", "created_at", "starts_at", "ends_at")
SHOWN_OF_COURSE = (
    "slug",
    "title",
    "language",
    "hue",
    "picture",
    "picture_width",
    "status",
    "lesson_count",
)


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
    def is_open(self) -> bool:
        """Whether it can be studied now."""
        return not self.enrollment.is_suspended and not self.is_over

    @property
    def is_over(self) -> bool:
        """Whether the time of access has passed."""
        return self.enrollment.is_over

    @property
    def face(self) -> tuple[Hashable, ...]:
        """All that its card shows."""
        course, progress, following = self.course, self.progress, self.progress.next_lesson
        looks = (course.slug, course.title, course.language, course.hue)
        pictured = (course.picture, course.picture_width, course.is_for_sale)
        state = (self.is_open, self.is_over, self.enrollment.ends_at, self.has_news)
        far = (progress.done, progress.total, progress.next_seconds, progress.opens_at)
        onward = following and (following.slug, following.title)
        return *looks, *pictured, *state, *far, onward, self.certificate_url

    @property
    def certificate_url(self) -> str:
        """Where the learner's certificate is, if they have put their name on one."""
        code = getattr(self.enrollment, "certificate_code", None)
        return reverse("library:certificate", args=[code]) if code else ""

    @property
    def has_news(self) -> bool:
        """Whether something is new in the course since the learner looked."""
        return getattr(self.enrollment, "has_news", False)

    @property
    def last_touched_at(self) -> datetime:
        """When the learner last did a lesson, or else got the course."""
        return self.progress.last_done_at or self.enrollment.created_at


def shelf_of(viewer: User | AnonymousUser) -> list[Study]:
    """Return what the viewer has, last studied first, in one query; of a guest in two.

    A suspended seat is among them, and one whose time is over, so that a course does not vanish
    without a word.
    """
    if isinstance(viewer, User):
        return _shelf_of_learner(viewer)
    return _shelf_of_guest(viewer) if isinstance(viewer, Guest) else []


def _shelf_of_guest(guest: Guest) -> list[Study]:
    seats = list(
        Enrollment.objects.waiting()
        .filter(pk__in=guest.seats)
        .select_related("course")
        .order_by("-pk")
        .fetch_mode(models.FETCH_RAISE)
    )
    outlines = outlines_of([seat.course for seat in seats], guest)
    return [Study(seat, outlines[seat.course_id].progress) for seat in seats]


def _shelf_of_learner(learner: User) -> list[Study]:
    moment = clock.now()
    seats = _seats_of_one.all(learner=learner.pk, moment=moment, today=timezone.localdate(moment))
    studies = [Study(seat, _progress_on(seat)) for seat in seats]
    return sorted(studies, key=lambda study: study.last_touched_at, reverse=True)


def _seats_of_a_learner() -> "models.QuerySet[Enrollment]":
    learner, course = Given("learner"), OuterRef("course")
    certificates = Certificate.objects.named().filter(learner=learner, course=course)
    seats = Enrollment.objects.latest_of(learner).annotate(
        certificate_code=Subquery(certificates.values("code")),
        has_news=CourseUpdate.objects.all().unseen_by(learner, moment=Given("moment")),
        since=Coalesce("starts_at", "created_at"),
    )
    with_progress = seats.annotate(**progress_in(course, learner=learner, today=Given("today")))
    shown = [f"course__{name}" for name in SHOWN_OF_COURSE]
    needed = with_progress.select_related("course").only(*SHOWN_OF_SEAT, *shown)
    return needed.fetch_mode(models.FETCH_RAISE)


_seats_of_one = Prepared(_seats_of_a_learner)


def _progress_on(seat: Enrollment) -> StudyProgress:
    annotated: Any = seat
    return StudyProgress.read(
        seat.course, annotated.done, annotated.last_done_at, annotated.following
    )
