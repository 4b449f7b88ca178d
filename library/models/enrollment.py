"""A seat on a course: who may study what."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Course, InvalidTransition
from library.models import claim_link
from project.accounts.models import User

CURRENT = ("active", "suspended")


class AlreadyEnrolled(Exception):
    """The learner has a current seat on the course already."""


class EnrollmentStatus(models.TextChoices):
    """Whether a seat gives access."""

    UNCLAIMED = "unclaimed", _("Unclaimed")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    REVOKED = "revoked", _("Revoked")
    ENDED = "ended", _("Ended")


class EnrollmentSource(models.TextChoices):
    """How a seat came about."""

    PURCHASE = "purchase", _("Purchase")
    GIFT = "gift", _("Gift")
    STAFF = "staff", _("Given by staff")
    FREE = "free", _("Free")


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

# What opens by and by does not close again when somebody renews: it counts from their first seat.
_GRANT = """
    INSERT INTO library_enrollment
        (learner_id, course_id, status, source, created_at, starts_at, access_days,
        reason, given_by_id, shares_progress, claim_version, ends_at)
    SELECT learner.id, course.id, %s, %s, now(),
        COALESCE(
            (
                SELECT min(starts_at) FROM library_enrollment
                WHERE learner_id = learner.id AND course_id = course.id AND status = 'ended'
            ),
            now()
        ),
        course.access_days, %s, %s::bigint, false, 0,
        COALESCE(%s::timestamptz, now() + course.access_days * interval '1 day')
    FROM catalog_course AS course, (SELECT %s::bigint AS id) AS learner
    WHERE course.id = ANY(%s::bigint[])
    ORDER BY course.id
    ON CONFLICT DO NOTHING RETURNING id
"""


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    """Seats on courses."""

    def in_time(self, moment: datetime | None = None) -> "EnrollmentQuerySet":
        """Those whose time is not over at the moment, which is now unless it is said."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment or timezone.now()))

    def over(self, moment: datetime | None = None) -> "EnrollmentQuerySet":
        """Those of learners whose time is over, and that were not ended yet."""
        return self.filter(status__in=CURRENT, ends_at__lte=moment or timezone.now())

    def active(self, moment: datetime | None = None) -> "EnrollmentQuerySet":
        """Those that give access."""
        return self.in_time(moment).filter(status=EnrollmentStatus.ACTIVE)

    def current(self, moment: datetime | None = None) -> "EnrollmentQuerySet":
        """Those that a learner has, even if access is suspended."""
        return self.in_time(moment).filter(status__in=CURRENT)

    def latest_of(self, learner: User) -> "EnrollmentQuerySet":
        """The learner's on each course: the one that they have, or else the last that ended."""
        had = self.held_by(learner).filter(status__in=(*CURRENT, EnrollmentStatus.ENDED))
        latest = ("course_id", F("ends_at").desc(nulls_first=True), "-pk")
        return had.order_by(*latest).distinct("course_id")

    def ending(self, *, before: datetime) -> "EnrollmentQuerySet":
        """Those that give access now, and end before then."""
        return self.active().filter(ends_at__lt=before)

    def held_by(self, learner: User) -> "EnrollmentQuerySet":
        """Narrow to the learner's."""
        return self.filter(learner=learner)

    def unclaimed(self, moment: datetime | None = None) -> "EnrollmentQuerySet":
        """Those that are free to be taken."""
        return self.in_time(moment).filter(status=EnrollmentStatus.UNCLAIMED)

    def waiting(self) -> "EnrollmentQuerySet":
        """Those that nobody has taken yet, even if they are paused."""
        waiting = (EnrollmentStatus.UNCLAIMED, EnrollmentStatus.SUSPENDED)
        return self.in_time().filter(learner=None, status__in=waiting)

    def end(self) -> int:
        """End those whose time is over; return how many. Locked as purchases lock seats."""
        over = self.over().order_by("course_id", "pk").select_for_update(no_key=True)
        ended = self.model._default_manager.filter(pk__in=over.values("pk"))
        with transaction.atomic(savepoint=False):
            return ended.update(status=EnrollmentStatus.ENDED)

    def get_by_claim_token(self, token: str) -> "Enrollment":
        """Find the seat that a claim link is for.

        Raise ``Enrollment.DoesNotExist`` also for a token that we did not sign, so that a forged
        link, one that was taken back and one of a seat that is gone look alike.
        """
        known = claim_link.read(token)
        if known is None:
            raise self.model.DoesNotExist("We did not sign that.")
        seat_id, version = known
        return self.get(pk=seat_id, claim_version=version)

    def get_by_dead_token(self, token: str) -> "Enrollment":
        """Find the seat of a link that was ours and was taken back, to say so; for nothing else.

        Raise ``Enrollment.DoesNotExist`` for any other.
        """
        known = claim_link.read(token)
        if known is None:
            raise self.model.DoesNotExist("We did not sign that.")
        seat_id, version = known
        return self.get(pk=seat_id, claim_version__gt=version)

    def grant(
        self,
        learner: User,
        course: Course,
        *,
        source: EnrollmentSource,
        reason: str = "",
        given_by: User | None = None,
        ends_at: datetime | None = None,
    ) -> "Enrollment | None":
        """Give the learner a seat; return ``None`` if they have a current one already.

        It ends when the course says, unless ``ends_at`` does.

        The database decides (``one_current_enrollment``), so that of two purchases of the same
        course at the same moment one gets the seat and the other hears of it.
        """
        return self.grant_each(
            learner, [course], source=source, reason=reason, given_by=given_by, ends_at=ends_at
        ).get(course.pk)

    def grant_each(
        self,
        learner: User,
        courses: list[Course],
        *,
        source: EnrollmentSource,
        reason: str = "",
        given_by: User | None = None,
        ends_at: datetime | None = None,
    ) -> dict[int, "Enrollment"]:
        """Give the learner a seat on each course, as ``grant`` does, in one statement for all.

        Return the new seats by the course's pk; courses that they have already are left out. The
        rows are made in the order of the courses' ids, so that two purchases never wait for each
        other in a circle. A seat whose time is over is ended, and makes way for the new one.
        """
        pks = [course.pk for course in courses]
        self.filter(learner=learner, course__in=pks).end()
        with connection.cursor() as cursor:
            # Django's bulk_create() does not say which rows were new.
            giver = given_by.pk if given_by else None
            values: list[Any] = [EnrollmentStatus.ACTIVE.value, str(source)]
            values += [reason, giver, ends_at, learner.pk, pks]
            cursor.execute(_GRANT, values)
            made = [pk for (pk,) in cursor.fetchall()]
        return {seat.course_id: seat for seat in self.filter(pk__in=made)}

    def set_aside(
        self,
        course: Course,
        *,
        source: EnrollmentSource,
        reason: str = "",
        given_by: User | None = None,
        begins_now: bool = False,
        ends_at: datetime | None = None,
    ) -> "Enrollment":
        """Make a seat for somebody who has yet to claim it."""
        seat = self._aside(course, source, begins_now=begins_now)
        seat.reason, seat.given_by = reason, given_by
        if ends_at:
            seat.starts_at, seat.ends_at = timezone.now(), ends_at
        seat.save(force_insert=True)
        return seat

    def set_aside_each(
        self,
        courses: list[Course],
        *,
        source: EnrollmentSource,
        begins_now: Sequence[bool] = (),
    ) -> list["Enrollment"]:
        """Make a seat on each course, to be claimed. A course may be named more than once.

        A seat's time begins when it is claimed; where ``begins_now`` says so, as it does of a
        guest's own, which is studied before anybody claims it, it begins at once.
        """
        begun = list(begins_now) or [False] * len(courses)
        return self.bulk_create(
            self._aside(course, source, begins_now=has_begun)
            for course, has_begun in zip(courses, begun, strict=True)
        )

    def _aside(self, course: Course, source: EnrollmentSource, *, begins_now: bool) -> "Enrollment":
        now = timezone.now()
        return self.model(
            course=course,
            source=source,
            status=EnrollmentStatus.UNCLAIMED,
            access_days=course.access_days,
            starts_at=now if begins_now else None,
            ends_at=_end_of(now, course.access_days) if begins_now else None,
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
        return self.ends_at is not None and self.ends_at <= timezone.now()

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
        ends_at = self.ends_at if self.starts_at else _end_of(now, self.access_days)
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


def _end_of(start: datetime, days: int | None) -> datetime | None:
    return None if days is None else start + timedelta(days=days)


def _is_second_seat(error: IntegrityError) -> bool:
    return "one_current_enrollment" in str(error)
