"""Who may study what, and how far they are."""

from typing import ClassVar

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from catalog.models import Course, Lesson
from project.accounts.models import User

CURRENT = ("active", "suspended")


class EnrollmentStatus(models.TextChoices):
    """Whether a seat gives access."""

    UNCLAIMED = "unclaimed", "Unclaimed"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    REVOKED = "revoked", "Revoked"


class EnrollmentSource(models.TextChoices):
    """How a seat came about."""

    PURCHASE = "purchase", "Purchase"
    GIFT = "gift", "Gift"
    STAFF = "staff", "Given by staff"
    FREE = "free", "Free"


# Every move a seat can make. Each is a verb of Enrollment, and nothing else writes its status.
NEXT_STATUSES = {
    EnrollmentStatus.UNCLAIMED: {EnrollmentStatus.ACTIVE, EnrollmentStatus.REVOKED},
    EnrollmentStatus.ACTIVE: {EnrollmentStatus.SUSPENDED, EnrollmentStatus.REVOKED},
    EnrollmentStatus.SUSPENDED: {EnrollmentStatus.ACTIVE, EnrollmentStatus.REVOKED},
    EnrollmentStatus.REVOKED: set(),
}


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    """Seats on courses."""

    def active(self) -> "EnrollmentQuerySet":
        """Those that give access."""
        return self.filter(status=EnrollmentStatus.ACTIVE)

    def current(self) -> "EnrollmentQuerySet":
        """Those that a learner has, even if access is suspended."""
        return self.filter(status__in=CURRENT)

    def held_by(self, learner: User) -> "EnrollmentQuerySet":
        """The learner's."""
        return self.filter(learner=learner)

    def grant(
        self, learner: User, course: Course, *, source: EnrollmentSource
    ) -> "Enrollment | None":
        """Give the learner a seat; return ``None`` if they have a current one already.

        The database decides (``one_current_enrollment``), so that of two purchases of the same
        course at the same moment one gets the seat and the other hears of it.
        """
        try:
            with transaction.atomic():
                return self.create(
                    learner=learner,
                    course=course,
                    source=source,
                    status=EnrollmentStatus.ACTIVE,
                )
        except IntegrityError as error:
            if "one_current_enrollment" in str(error):
                return None
            raise

    def set_aside(self, course: Course, *, source: EnrollmentSource) -> "Enrollment":
        """Make a seat for somebody who has yet to claim it."""
        return self.create(
            course=course, source=source, status=EnrollmentStatus.UNCLAIMED
        )


class Enrollment(models.Model):
    """A seat on a course. Access is any active enrollment of the learner."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="enrollments",
        null=True,
        blank=True,
    )
    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, related_name="enrollments"
    )
    status = models.CharField(max_length=16, choices=EnrollmentStatus)
    source = models.CharField(max_length=16, choices=EnrollmentSource)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["learner", "course"],
                condition=Q(status__in=CURRENT),
                name="one_current_enrollment",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=CURRENT) | Q(learner__isnull=False),
                name="enrollment_access_has_a_learner",
            ),
            models.CheckConstraint(
                condition=~Q(status="unclaimed") | Q(learner__isnull=True),
                name="enrollment_unclaimed_has_no_learner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.learner or 'Unclaimed seat'}: {self.course}"


class LessonProgressQuerySet(models.QuerySet["LessonProgress"]):
    """What was done."""

    def of(self, learner: User, course: Course) -> "LessonProgressQuerySet":
        """The learner's, in one course."""
        return self.filter(learner=learner, lesson__course=course)


class LessonProgress(models.Model):
    """A lesson that a learner has done. Money never deletes one."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="progress"
    )
    lesson = models.ForeignKey(
        Lesson, on_delete=models.CASCADE, related_name="progress"
    )
    completed_at = models.DateTimeField(default=timezone.now)

    objects = LessonProgressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "lesson progress"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["learner", "lesson"], name="lesson_progress_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.lesson}"
