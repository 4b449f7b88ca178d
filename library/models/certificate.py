"""That somebody has finished a course, as it was on that day."""

import secrets
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Course, Lesson
from library.models.enrollment import Enrollment
from library.models.enrollment_queries import EnrollmentStatus
from library.models.progress import LessonProgress
from project.accounts.models import User
from project.written import duration

# Without letters and digits that are mistaken for each other. 12 of 32 are 60 bits.
ALPHABET = "abcdefghjkmnpqrstvwxyz0123456789"
CODE_LENGTH = 12


def new_code() -> str:
    """Return a code that nobody guesses."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


class CertificateQuerySet(models.QuerySet["Certificate"]):
    """Certificates."""

    def of(self, learner: User, course: Course) -> "CertificateQuerySet":
        """Narrow to the learner's, in one course: one at most."""
        return self.filter(learner=learner, course=course)

    def named(self) -> "CertificateQuerySet":
        """Those that bear a name: only these are shown to others."""
        return self.exclude(name="")

    def issue(self, learner: User, course: Course) -> "Certificate | None":
        """Return the learner's certificate; make it if all lessons are done and there is none.

        What it says stays as it was on this day. One INSERT, which the database ignores the second
        time (``certificate_once``).
        """
        known = self.of(learner, course).first()
        if known or _has_left_something(learner, course):
            return known
        lessons = list(Lesson.objects.filter(course=course).in_order())
        if not lessons:
            return None
        certificate = self.model(
            learner=learner,
            course=course,
            title=course.title,
            language=course.language,
            instructor=course.instructor.name,
            hue=course.hue,
            lessons=[lesson.title for lesson in lessons],
            minutes=sum(lesson.minutes for lesson in lessons),
        )
        self.bulk_create([certificate], ignore_conflicts=True)
        return self.of(learner, course).get()


class Certificate(models.Model):
    """That a learner has finished a course. It goes with the learner's account."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="certificates"
    )
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="certificates")
    code = models.CharField(max_length=CODE_LENGTH, unique=True, default=new_code, editable=False)
    name = models.CharField(
        max_length=120, blank=True, help_text=_("That the learner typed; empty until then.")
    )
    title = models.CharField(max_length=120)
    language = models.CharField(max_length=8)
    instructor = models.CharField(max_length=120)
    hue = models.PositiveSmallIntegerField()
    lessons = ArrayField(models.CharField(max_length=120))
    minutes = models.PositiveIntegerField()
    issued_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "course"], name="certificate_once"),
            models.CheckConstraint(condition=Q(hue__lt=360), name="certificate_hue_is_an_angle"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.learner}: {self.title}"

    def get_absolute_url(self) -> str:
        """Return where anybody may check it."""
        return reverse("library:certificate", args=[self.code])

    @property
    def holds(self) -> bool:
        """Whether it holds: not withdrawn, nor is what gave the course to its learner."""
        seats = Enrollment.objects.filter(learner=self.learner_id, course=self.course_id)
        standing = seats.exclude(status=EnrollmentStatus.REVOKED)
        return self.withdrawn_at is None and standing.exists()

    @property
    def address(self) -> str:
        """Where anybody may check it, with the shop's own address before it."""
        return f"{settings.SITE_URL}{self.get_absolute_url()}"

    @property
    def hours(self) -> str:
        """How long the course took, such as "2 h 5 min"."""
        return duration(self.minutes)

    def bear(self, name: str) -> bool:
        """Put the learner's name on it, once. Return ``False`` if it bears one already."""
        named = Certificate.objects.filter(pk=self.pk, name="").update(name=name)
        self.refresh_from_db(fields=["name"])
        return bool(named)

    def withdraw(self) -> bool:
        """Say that it does not hold any more. Return whether anything changed."""
        standing = Certificate.objects.filter(pk=self.pk, withdrawn_at=None)
        changed = standing.update(withdrawn_at=timezone.now())
        self.refresh_from_db(fields=["withdrawn_at"])
        return bool(changed)

    def reinstate(self) -> bool:
        """Have it hold again. Return whether anything changed."""
        withdrawn = Certificate.objects.filter(pk=self.pk).exclude(withdrawn_at=None)
        changed = withdrawn.update(withdrawn_at=None)
        self.refresh_from_db(fields=["withdrawn_at"])
        return bool(changed)


def _has_left_something(learner: User, course: Course) -> bool:
    """Return whether there is a lesson that the learner has yet to do."""
    done = LessonProgress.objects.filter(learner=learner, lesson=OuterRef("pk"))
    return Lesson.objects.filter(~Exists(done), course=course).exists()
