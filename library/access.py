"""Who may see what. Whatever is not allowed here is not shown anywhere.

``moment`` is when they look: now, unless a page shows what it will be like on another day.
"""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models.functions import Coalesce

from catalog.models import Course, CourseStatus, Lesson
from library.guests import Guest
from library.models import (
    Enrollment,
    EnrollmentQuerySet,
    EnrollmentStatus,
    LessonProgress,
)
from project.accounts.models import User


def can_view(
    lesson: Lesson, viewer: User | AnonymousUser, *, moment: datetime | None = None
) -> bool:
    """Return whether the viewer may read the lesson: every page and fragment asks here."""
    return is_free_preview(lesson) or can_study(lesson, viewer, moment=moment)


def can_study(
    lesson: Lesson, viewer: User | AnonymousUser, *, moment: datetime | None = None
) -> bool:
    """Return whether the viewer has the course, and the lesson has opened to them by then."""
    if may_change_courses(viewer):
        return True
    return has_opened(lesson, has_since(lesson.course, viewer, moment=moment), moment=moment)


def has_opened(lesson: Lesson, since: datetime | None, *, moment: datetime | None = None) -> bool:
    """Return whether the lesson has opened to somebody who has the course since then, if at all."""
    if since is None:
        return False
    return is_free_preview(lesson) or lesson.opens_at(since, moment=moment) is None


def can_open(
    course: Course, viewer: User | AnonymousUser, *, moment: datetime | None = None
) -> bool:
    """Return whether the viewer may open the course: learners, and who works on it.

    Some of its lessons may have yet to open.
    """
    return may_change_courses(viewer) or has_seat(course, viewer, moment=moment)


def has_seat(
    course: Course, viewer: User | AnonymousUser, *, moment: datetime | None = None
) -> bool:
    """Return whether the viewer has an active enrollment in the course, or is its guest."""
    return has_since(course, viewer, moment=moment) is not None


def has_since(
    course: Course, viewer: User | AnonymousUser, *, moment: datetime | None = None
) -> datetime | None:
    """Return from when the viewer's lessons count that open by and by; ``None`` without a seat."""
    seats = seats_of(viewer, moment=moment).filter(course=course)
    since: datetime | None = seats.values_list(
        Coalesce("starts_at", "created_at"), flat=True
    ).first()
    return since


def seat_on(course: Course, viewer: User | AnonymousUser) -> Enrollment | None:
    """Return the seat by which the viewer studies the course, with who gave it."""
    seats = seats_of(viewer).select_related("invitation", "given_by")
    return seats.filter(course=course).first()


def seats_of(viewer: User | AnonymousUser, *, moment: datetime | None = None) -> EnrollmentQuerySet:
    """Return the seats by which the viewer may study.

    A guest's seat opens the course only while nobody has claimed it, and it is neither paused nor
    ended.
    """
    if isinstance(viewer, Guest):
        return Enrollment.objects.unclaimed(moment).filter(pk__in=viewer.seats)
    if isinstance(viewer, AnonymousUser) or not viewer.is_active:
        return Enrollment.objects.none()
    return Enrollment.objects.active(moment).held_by(viewer)


def may_review(course: Course, viewer: User | AnonymousUser) -> bool:
    """Return whether the viewer knows the course: has or had a seat, and has done a lesson.

    To look at it as staff is no seat, and one that was taken back or is on hold speaks for nothing.
    """
    if not isinstance(viewer, User) or course.status == CourseStatus.DRAFT:
        return False
    known = (EnrollmentStatus.ACTIVE, EnrollmentStatus.ENDED)
    seats = Enrollment.objects.held_by(viewer).filter(course=course, status__in=known)
    done = LessonProgress.objects.filter(learner=viewer, lesson__course=course)
    return seats.exists() and done.exists()


def is_free_preview(lesson: Lesson) -> bool:
    """Return whether anyone may read the lesson, to see whether they like the course.

    That of a draft is not ready to be seen, and that of an archived course sells nothing.
    """
    return lesson.is_preview and lesson.course.is_for_sale


def may_change_courses(viewer: User | AnonymousUser) -> bool:
    """Return whether the viewer is one of the staff who write courses."""
    return viewer.is_active and viewer.is_staff and viewer.has_perm("catalog.change_course")
