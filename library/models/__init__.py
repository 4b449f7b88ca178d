"""Who may study what, and how far they are."""

from catalog.models import InvalidTransition
from library.models.enrollment import (
    NEXT_STATUSES,
    AlreadyEnrolled,
    Enrollment,
    EnrollmentQuerySet,
    EnrollmentSource,
    EnrollmentStatus,
)
from library.models.invitation import (
    AlreadyInvited,
    NotFree,
    SeatInvitation,
    SeatInvitationQuerySet,
)
from library.models.progress import LessonProgress, LessonProgressQuerySet, StudyProgress

__all__ = [
    "NEXT_STATUSES",
    "AlreadyEnrolled",
    "AlreadyInvited",
    "Enrollment",
    "EnrollmentQuerySet",
    "EnrollmentSource",
    "EnrollmentStatus",
    "InvalidTransition",
    "LessonProgress",
    "LessonProgressQuerySet",
    "NotFree",
    "SeatInvitation",
    "SeatInvitationQuerySet",
    "StudyProgress",
]
