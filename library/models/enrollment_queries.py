"""Which seats there are, to whom they are given, and what they are called."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog import clock
from catalog.models import Course
from library.models import claim_link
from project.accounts.models import User
from project.prepared import Given
from project.statement import Statement, array

if TYPE_CHECKING:
    from library.models.enrollment import Enrollment

CURRENT = ("active", "suspended")


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
    ON CONFLICT DO NOTHING
    RETURNING id, learner_id, course_id, status, source, created_at, claimed_at, reason,
        given_by_id, shares_progress, claim_version, access_days, starts_at, ends_at, told_of_end_at
"""


# What it gives back comes in the order of the seats: rows are made one after the other.
_SET_ASIDE = Statement("""
    INSERT INTO library_enrollment
        (course_id, status, source, created_at, access_days, starts_at, ends_at,
        reason, shares_progress, claim_version)
    SELECT course_id, 'unclaimed', %s, now(), access_days, starts_at, ends_at, '', false, 0
    FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[], %s::timestamptz[])
        AS seat (course_id, access_days, starts_at, ends_at)
    RETURNING id
""")


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    """Seats on courses."""

    def in_time(self, moment: datetime | Given | None = None) -> "EnrollmentQuerySet":
        """Those whose time is not over at the moment, which is now unless it is said."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment or clock.now()))

    def over(self, moment: datetime | None = None) -> "EnrollmentQuerySet":
        """Those of learners whose time is over, and that were not ended yet."""
        return self.filter(status__in=CURRENT, ends_at__lte=moment or timezone.now())

    def active(self, moment: datetime | Given | None = None) -> "EnrollmentQuerySet":
        """Those that give access."""
        return self.in_time(moment).filter(status=EnrollmentStatus.ACTIVE)

    def current(self, moment: datetime | None = None) -> "EnrollmentQuerySet":
        """Those that a learner has, even if access is suspended."""
        return self.in_time(moment).filter(status__in=CURRENT)

    def latest_of(self, learner: User | Given) -> "EnrollmentQuerySet":
        """The learner's on each course: the one that they have, or else the last that ended."""
        had = self.held_by(learner).filter(status__in=(*CURRENT, EnrollmentStatus.ENDED))
        latest = ("course_id", F("ends_at").desc(nulls_first=True), "-pk")
        return had.order_by(*latest).distinct("course_id")

    def ending(self, *, before: datetime) -> "EnrollmentQuerySet":
        """Those that give access now, and end before then."""
        return self.active().filter(ends_at__lt=before)

    def held_by(self, learner: User | Given) -> "EnrollmentQuerySet":
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
        wanted = {course.pk for course in courses}
        values: list[Any] = [EnrollmentStatus.ACTIVE.value, str(source), reason]
        values += [given_by.pk if given_by else None, ends_at, learner.pk]
        # Django's bulk_create() does not say which rows were new.
        made = list(self.raw(_GRANT, [*values, list(wanted)]))
        left = list(wanted - {seat.course_id for seat in made})
        if left and self.filter(learner=learner, course__in=left).end():
            made += self.raw(_GRANT, [*values, left])
        return {seat.course_id: seat for seat in made}

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
        starts_at, until = _time_of(course, begins_now=begins_now)
        return self.create(
            course=course,
            source=source,
            status=EnrollmentStatus.UNCLAIMED,
            access_days=course.access_days,
            reason=reason,
            given_by=given_by,
            starts_at=timezone.now() if ends_at else starts_at,
            ends_at=ends_at or until,
        )

    def set_aside_each(
        self,
        courses: Sequence[Course],
        *,
        source: EnrollmentSource,
        begins_now: Sequence[bool] = (),
    ) -> list[int]:
        """Make a seat on each course, to be claimed; return their pks, in the courses' order.

        A course may be named more than once. A seat's time begins when it is claimed; where
        ``begins_now`` says so, as it does of a guest's own, which is studied before anybody claims
        it, it begins at once.
        """
        if not courses:
            return []
        begun = begins_now or [False] * len(courses)
        times = [
            _time_of(course, begins_now=is_now)
            for course, is_now in zip(courses, begun, strict=True)
        ]
        starts, ends = zip(*times, strict=True)
        pks, days = [course.pk for course in courses], [course.access_days for course in courses]
        values = [str(source), array(pks), array(days), array(starts), array(ends)]
        return [pk for (pk,) in _SET_ASIDE.rows(connection, values)]


def _time_of(course: Course, *, begins_now: bool) -> tuple[datetime | None, datetime | None]:
    """Return when a seat begins and when it ends: neither is known before it is claimed."""
    if not begins_now:
        return None, None
    now = timezone.now()
    return now, end_of(now, course.access_days)


def end_of(start: datetime, days: int | None) -> datetime | None:
    """Return when access of so many days ends; ``None`` if it never does."""
    return None if days is None else start + timedelta(days=days)
