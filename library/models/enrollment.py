"""A seat on a course: who may study what."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog import clock
from catalog.models import Course, InvalidTransition
from library.models import claim_link
from library.models.enrollment_queries import (
    CURRENT,
    EnrollmentQuerySet,
    EnrollmentSource,
    EnrollmentStatus,
    end_of,
)
from project.accounts.models import User


class AlreadyEnrolled(Exception):
    """The learner has a current seat on the course already."""


# Every move a seat can make. Each is a verb of Enrollment, and nothing else writes its status.
NEXT_STATUSES = {
    EnrollmentStatus.UNCLAIMED: {
        EnrollmentStatus.ACTIVE,
        EnrollmentStatus.SUSPENDED,
        EnrollmentStatus.REVOKED,
        EnrollmentStatus.ENDED,
    },
    EnrollmentStatus.ACTIVE: {
        EnrollmentStatus.SUSPENDED,
        EnrollmentStatus.REVOKED,
        EnrollmentStatus.ENDED,
    },
    # Back to unclaimed, if nobody had claimed it.
    EnrollmentStatus.SUSPENDED: {
        EnrollmentStatus.ACTIVE,
        EnrollmentStatus.UNCLAIMED,
        EnrollmentStatus.REVOKED,
        EnrollmentStatus.ENDED,
    },
    EnrollmentStatus.REVOKED: set(),
    EnrollmentStatus.ENDED: set(),
}


class Enrollment(models.Model):
    """A seat on a course. Access is any active enrollment of the learner."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="enrollments",
        null=True,
        blank=True,
    )
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrollments")
    status = models.CharField(max_length=16, choices=EnrollmentStatus)
    source = models.CharField(max_length=16, choices=EnrollmentSource)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("Why staff gave it. Its learner can read it."),
    )
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="enrollments_given",
        null=True,
        blank=True,
    )
    shares_progress = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("Whether who gave the seat sees how far the learner is."),
    )
    claim_version = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False, help_text=_("Of its link; older ones are dead.")
    )
    access_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("As the course had it when the seat was made.")
    )
    starts_at = models.DateTimeField(
        null=True,
        blank=True,
        default=timezone.now,
        help_text=_("Lessons that open by and by count from here, also after a renewal."),
    )
    ends_at = models.DateTimeField(null=True, blank=True, help_text=_("Empty: never."))
    told_of_end_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["learner", "course"],
                condition=Q(status__in=CURRENT),
                name="one_current_enrollment",
            ),
            models.CheckConstraint(
                condition=~Q(status="active") | Q(learner__isnull=False),
                name="enrollment_access_has_a_learner",
            ),
            models.CheckConstraint(
                condition=~Q(status="unclaimed") | Q(learner__isnull=True),
                name="enrollment_unclaimed_has_no_learner",
            ),
            models.CheckConstraint(
                condition=~Q(status="active") | Q(starts_at__isnull=False),
                name="enrollment_access_has_a_start",
            ),
            models.CheckConstraint(
                condition=~Q(status="ended") | Q(ends_at__isnull=False),
                name="enrollment_ended_had_an_end",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="enrollment_ends_after_its_start",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["ends_at"],
                condition=Q(status__in=CURRENT, ends_at__isnull=False),
                name="enrollment_ends",
            )
        ]

    def __str__(self) -> str:
        return f"{self.learner or 'Unclaimed seat'}: {self.course}"

    @property
    def claim_url(self) -> str:
        """The link by which whoever is signed in takes this seat, to be handed out or mailed."""
        token = claim_link.sign(self.pk, version=self.claim_version)
        return f"{settings.SITE_URL}{reverse('library:claim', args=[token])}"

    @property
    def is_active(self) -> bool:
        """Whether it gives access."""
        return self.status == EnrollmentStatus.ACTIVE and not self.is_over

    @property
    def is_suspended(self) -> bool:
        """Whether access waits for something to be cleared up."""
        return self.status == EnrollmentStatus.SUSPENDED

    @property
    def is_revoked(self) -> bool:
        """Whether it was taken back for good."""
        return self.status == EnrollmentStatus.REVOKED

    @property
    def is_unclaimed(self) -> bool:
        """Whether it is free to be taken."""
        return self.status == EnrollmentStatus.UNCLAIMED

    @property
    def is_over(self) -> bool:
        """Whether its time has passed, even if nobody has noted it yet."""
        return self.ends_at is not None and self.ends_at <= clock.now()

    def claim(self, learner: User, *, shares_progress: bool = False) -> bool:
        """Give this seat to the learner. Return ``False`` if it was theirs already.

        Raise ``AlreadyEnrolled`` if they have another seat on the course; this one then stays
        free for somebody else. Raise ``InvalidTransition`` if it is somebody else's, or revoked,
        or its link was taken back at this moment. One whose time is over becomes theirs as ended,
        to be renewed.
        """
        status = EnrollmentStatus.ENDED if self.is_over else EnrollmentStatus.ACTIVE
        with self._one_seat_of(learner):
            claimed = self._move_to(
                status,
                origin=EnrollmentStatus.UNCLAIMED,
                version=self.claim_version,
                learner=learner,
                shares_progress=shares_progress,
                **self._times_of(learner),
            )
        if self.learner_id != learner.pk:
            raise InvalidTransition(f"Seat {self.pk} is somebody else's.")
        return claimed

    def keep_for(self, learner: User) -> None:
        """Have a seat that is paused be the learner's as soon as it is restored.

        Raise ``AlreadyEnrolled`` if they have another one, and ``InvalidTransition`` if this one is
        not paused, or is somebody else's.
        """
        paused = Enrollment.objects.filter(
            pk=self.pk, learner=None, status=EnrollmentStatus.SUSPENDED
        )
        with self._one_seat_of(learner):
            paused.update(learner=learner, **self._times_of(learner))
        self.refresh_from_db(fields=["status", "learner", "claimed_at", "starts_at", "ends_at"])
        if self.learner_id != learner.pk:
            raise InvalidTransition(f"Seat {self.pk} cannot be kept for anybody.")

    def renew_link(self) -> None:
        """Have all links to this seat die, and make a new one.

        Raise ``InvalidTransition`` if somebody has taken the seat, or it was revoked.
        """
        free = Enrollment.objects.waiting().filter(pk=self.pk)
        if not free.update(claim_version=F("claim_version") + 1):
            raise InvalidTransition(f"Seat {self.pk} is not free.")
        self.refresh_from_db(fields=["claim_version"])

    def share_progress(self, is_shared: bool) -> None:
        """Let who gave the seat see how far the learner is, or not any more."""
        Enrollment.objects.filter(pk=self.pk).update(shares_progress=is_shared)
        self.shares_progress = is_shared

    def suspend(self) -> bool:
        """Pause access, until something is cleared up. Return whether anything changed.

        A seat that is free cannot be claimed meanwhile.
        """
        return self._move_to(EnrollmentStatus.SUSPENDED)

    def restore(self) -> bool:
        """Give back what was paused. Return whether anything changed."""
        is_claimed = self.learner_id is not None
        status = EnrollmentStatus.ACTIVE if is_claimed else EnrollmentStatus.UNCLAIMED
        return self._move_to(status, origin=EnrollmentStatus.SUSPENDED)

    def revoke(self) -> bool:
        """End access for good; what was done stays done. Return whether anything changed."""
        return self._move_to(EnrollmentStatus.REVOKED)

    def extend(self, days: int) -> bool:
        """Let access end so many days later. Return whether there was an end to put off."""
        seats = Enrollment.objects.filter(pk=self.pk).in_time().exclude(ends_at=None)
        later = F("ends_at") + timedelta(days=days)
        extended = seats.exclude(status=EnrollmentStatus.REVOKED).update(
            ends_at=later, told_of_end_at=None
        )
        self.refresh_from_db(fields=["ends_at", "told_of_end_at"])
        return bool(extended)

    def _times_of(self, learner: User) -> dict[str, datetime | None]:
        """Return since when the seat is the learner's, and its start and end."""
        now = timezone.now()
        earlier = Enrollment.objects.held_by(learner).filter(
            course=self.course_id, status=EnrollmentStatus.ENDED
        )
        first: datetime | None = earlier.aggregate(first=Min("starts_at"))["first"]
        ends_at = self.ends_at if self.starts_at else end_of(now, self.access_days)
        return {
            "claimed_at": now,
            "starts_at": first or self.starts_at or now,
            "ends_at": ends_at,
        }

    @contextmanager
    def _one_seat_of(self, learner: User) -> Iterator[None]:
        """Turn the database's refusal of a second current seat into words.

        One whose time is over makes way before.
        """
        try:
            with transaction.atomic():
                Enrollment.objects.held_by(learner).filter(course=self.course_id).end()
                yield
        except IntegrityError as error:
            if _is_second_seat(error):
                raise AlreadyEnrolled(f"{learner} has {self.course} already.") from error
            raise

    def _move_to(
        self,
        status: EnrollmentStatus,
        *,
        origin: EnrollmentStatus | None = None,
        version: int | None = None,
        **changes: Any,
    ) -> bool:
        """Move to ``status``, if asked only from ``origin``; return ``False`` if it was there.

        ``version`` is that of the link by which it is taken.

        Check and change are one UPDATE: of two processes moving the same seat, the database lets
        one through.
        """
        origins = [
            old
            for old, next_statuses in NEXT_STATUSES.items()
            if status in next_statuses and origin in (None, old)
        ]
        movable = Enrollment.objects.filter(pk=self.pk, status__in=origins)
        if version is not None:
            movable = movable.filter(claim_version=version)
        moved = movable.update(status=status, **changes)
        self.refresh_from_db(fields=["status", *changes])
        if self.status != status:
            raise InvalidTransition(f"Seat {self.pk} cannot become {status.label.lower()}.")
        return bool(moved)


def _is_second_seat(error: IntegrityError) -> bool:
    return "one_current_enrollment" in str(error)
