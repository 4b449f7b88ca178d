"""Enrolling by hand: staff give somebody a seat, by account or by address, and say why."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Course
from library.invitations import invite
from library.models import Enrollment, EnrollmentSource, EnrollmentStatus, SeatInvitation
from project.accounts.addresses import person_at
from project.accounts.models import User
from project.languages import speaking
from project.mail import send_later

logger = logging.getLogger(__name__)


class Outcome(models.TextChoices):
    """What came of enrolling somebody."""

    ENROLLED = "enrolled", _("enrolled")
    HAD_IT = "had_it", _("had it already")
    INVITED = "invited", _("invited by mail")
    INVITED_BEFORE = "invited_before", _("was invited already")


@dataclass(frozen=True)
class Given:
    """A seat that was given, or the one that was there."""

    outcome: Outcome
    seat: Enrollment | None = None

    @property
    def is_new(self) -> bool:
        """Whether anything changed."""
        return self.outcome in (Outcome.ENROLLED, Outcome.INVITED)


@transaction.atomic
def enroll(
    learner: User,
    course: Course,
    *,
    reason: str,
    given_by: User | None = None,
    ends_at: datetime | None = None,
) -> Given:
    """Give somebody a seat, and write to them about it. Changes nothing if they have one."""
    seat = Enrollment.objects.grant(
        learner,
        course,
        source=EnrollmentSource.STAFF,
        reason=reason,
        given_by=given_by,
        ends_at=ends_at,
    )
    if seat is None:
        return Given(Outcome.HAD_IT)
    _tell(learner, seat)
    logger.info("seat %s was given by hand", seat.pk)
    return Given(Outcome.ENROLLED, seat)


@transaction.atomic
def enroll_address(
    email: str,
    course: Course,
    *,
    reason: str,
    given_by: User | None = None,
    ends_at: datetime | None = None,
) -> Given:
    """Give whoever has proven the address a seat, or else mail a seat's link to it.

    May be called any number of times: the second time changes nothing. The course's row is
    locked, so that two lists at the same moment do not invite somebody twice.
    """
    email = email.lower()
    Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    if known := _invited_before(email, course):
        return known
    person = person_at(email)
    if person:
        return enroll(person, course, reason=reason, given_by=given_by, ends_at=ends_at)
    seat = Enrollment.objects.set_aside(
        course, source=EnrollmentSource.STAFF, reason=reason, given_by=given_by, ends_at=ends_at
    )
    invite(seat, email=email, language=settings.LANGUAGE_CODE)
    logger.info("seat %s was set aside by hand, and mailed about", seat.pk)
    return Given(Outcome.INVITED, seat)


def _invited_before(email: str, course: Course) -> Given | None:
    """Return what became of an invitation by staff, if the address has one to the course."""
    invitations = SeatInvitation.objects.to([email]).filter(
        enrollment__course=course, enrollment__source=EnrollmentSource.STAFF
    )
    seats = Enrollment.objects.filter(invitation__in=invitations)
    waiting = (EnrollmentStatus.UNCLAIMED, EnrollmentStatus.SUSPENDED)
    if seat := seats.in_time().filter(learner=None, status__in=waiting).first():
        return Given(Outcome.INVITED_BEFORE, seat)
    if seat := seats.current().first():
        return Given(Outcome.HAD_IT, seat)
    return None


def _tell(learner: User, seat: Enrollment) -> None:
    """Write to somebody that they have a course now. Once for each seat."""
    context = {
        "course": seat.course,
        "seat": seat,
        "course_url": settings.SITE_URL + reverse("library:course", args=[seat.course.slug]),
        "shop": settings.SHOP_NAME,
    }
    with speaking(learner.language):
        send_later(
            key=f"enrolled:{seat.pk}",
            to=learner.email,
            subject=(gettext("“%(course)s” is open for you") % {"course": seat.course})[:250],
            text=render_to_string("library/mail/enrolled.txt", context),
            html=render_to_string("library/mail/enrolled.html", context),
        )
