"""Who may study what, and how far they are."""

from catalog.models import InvalidTransition
from library.models.certificate import Certificate, CertificateQuerySet
from library.models.enrollment import (
    NEXT_STATUSES,
    AlreadyEnrolled,
    Enrollment,
)
from library.models.enrollment_queries import (
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
from library.models.lesson_question import (
    LessonAnswer,
    LessonQuestion,
    LessonQuestionQuerySet,
    NotAnswered,
)
from library.models.note import Note
from library.models.position import VideoPosition, VideoPositionQuerySet
from library.models.progress import LessonProgress, LessonProgressQuerySet, StudyProgress
from library.models.quiz_attempt import QuizAttempt
from library.models.review import Review, ReviewQuerySet, ReviewStatus
from library.models.update import CourseUpdate, UpdatesSeen

__all__ = [
    "NEXT_STATUSES",
    "AlreadyEnrolled",
    "AlreadyInvited",
    "Certificate",
    "CertificateQuerySet",
    "CourseUpdate",
    "Enrollment",
    "EnrollmentQuerySet",
    "EnrollmentSource",
    "EnrollmentStatus",
    "InvalidTransition",
    "LessonAnswer",
    "LessonProgress",
    "LessonProgressQuerySet",
    "LessonQuestion",
    "LessonQuestionQuerySet",
    "NotAnswered",
    "NotFree",
    "Note",
    "QuizAttempt",
    "Review",
    "ReviewQuerySet",
    "ReviewStatus",
    "SeatInvitation",
    "SeatInvitationQuerySet",
    "StudyProgress",
    "UpdatesSeen",
    "VideoPosition",
    "VideoPositionQuerySet",
]
