"""Having done a lesson, and with the last one the course."""

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from catalog.models import Course, Lesson
from library.models import (
    Certificate,
    Enrollment,
    LessonProgress,
    QuizAttempt,
    StudyProgress,
)
from project.accounts.models import User


class QuizNotPassed(Exception):
    """The lesson asks questions, and these have to be passed before it counts as done."""


@transaction.atomic
def complete(learner: User, lesson: Lesson) -> Certificate | None:
    """Note that the learner has done the lesson; return the certificate, if it was the last.

    Raise ``QuizNotPassed``. Who holds no seat, such as staff who look, gets no certificate. The
    seat is locked, so that of the two last lessons, done in two windows, one sees the other.
    """
    seats = Enrollment.objects.active().held_by(learner).filter(course=lesson.course_id)
    seat = seats.select_for_update(no_key=True).first()
    _refuse_unpassed(learner, lesson)
    LessonProgress.objects.mark(learner, lesson)
    return Certificate.objects.issue(learner, lesson.course) if seat else None


def _refuse_unpassed(learner: User, lesson: Lesson) -> None:
    asks = lesson.questions.exists()
    if asks and not QuizAttempt.objects.of(learner, lesson).filter(has_passed=True).exists():
        raise QuizNotPassed(f"{lesson} has questions that are not passed.")


def certificate_of(
    course: Course, viewer: User | AnonymousUser, progress: StudyProgress
) -> Certificate | None:
    """Return the viewer's certificate, of a course that they have finished."""
    if not progress.is_finished or not isinstance(viewer, User):
        return None
    return Certificate.objects.of(viewer, course).first()
