"""Who may see what. Whatever is not allowed here is not shown anywhere."""

from django.contrib.auth.models import AnonymousUser

from catalog.models import Course, Lesson
from library.guests import Guest
from library.models import Enrollment
from project.accounts.models import User


def can_view(lesson: Lesson, viewer: User | AnonymousUser) -> bool:
    """Return whether the viewer may read the lesson: every page and fragment asks here."""
    return is_free_preview(lesson) or can_open(lesson.course, viewer)


def can_open(course: Course, viewer: User | AnonymousUser) -> bool:
    """Return whether the viewer may read all of the course: learners, and who works on it."""
    return has_seat(course, viewer) or may_change_courses(viewer)


def has_seat(course: Course, viewer: User | AnonymousUser) -> bool:
    """Return whether the viewer has an active enrollment in the course, or is its guest.

    A guest's seat opens the course only while nobody has claimed it, and it is neither paused nor
    ended.
    """
    if isinstance(viewer, Guest):
        seats = Enrollment.objects.unclaimed().filter(pk__in=viewer.seats)
        return seats.filter(course=course).exists()
    if isinstance(viewer, AnonymousUser) or not viewer.is_active:
        return False
    return Enrollment.objects.active().held_by(viewer).filter(course=course).exists()


def is_free_preview(lesson: Lesson) -> bool:
    """Return whether anyone may read the lesson, to see whether they like the course.

    That of a draft is not ready to be seen, and that of an archived course sells nothing.
    """
    return lesson.is_preview and lesson.course.is_for_sale


def may_change_courses(viewer: User | AnonymousUser) -> bool:
    """Return whether the viewer is one of the staff who write courses."""
    return viewer.is_active and viewer.is_staff and viewer.has_perm("catalog.change_course")
