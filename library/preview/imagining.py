"""Somebody who does not exist looks at a course, in a transaction that is taken back.

They are real rows: each page finds its way as it does for everybody, and no view knows better.
Whatever it writes meanwhile is taken back with them. Their keys are those of who looks, below
zero, so that not even a number of a sequence is used up.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext

from catalog import clock
from catalog.models import Course, CourseStatus, PricePoint
from catalog.models.price_history import lowest_before_sale
from library.guests import let_study
from library.models import Enrollment, EnrollmentSource, EnrollmentStatus
from library.models.enrollment_queries import end_of
from library.preview.mark import Preview, Role
from project.accounts.models import User


@contextmanager
def imagined(request: HttpRequest, course: Course, preview: Preview) -> Iterator[None]:
    """Have the request come from whom the preview names, on its day; keep nothing that it does.

    The session is another as well, which is not saved.
    """
    themselves = request.user, request.session
    try:
        with transaction.atomic(), clock.set_to(preview.moment):
            try:
                _show(course, preview)
                request.user, request.session = AnonymousUser(), type(request.session)()
                request.preview = preview  # type: ignore[attr-defined]
                _arrive(request, course, preview)
                yield
            finally:
                transaction.set_rollback(True)
    finally:
        request.user, request.session = themselves


def _show(course: Course, preview: Preview) -> None:
    """Have a draft be published; and strike through what is the lowest price by then."""
    if course.status == CourseStatus.DRAFT:
        course.status, course.published_at = CourseStatus.PUBLISHED, preview.moment
    history = list(PricePoint.objects.filter(course=course))
    course.compare_at_minor = lowest_before_sale(course, history, preview.moment)
    Course.objects.filter(pk=course.pk).update(
        status=course.status,
        published_at=course.published_at,
        compare_at_minor=course.compare_at_minor,
    )


def _arrive(request: HttpRequest, course: Course, preview: Preview) -> None:
    """Give the course to who looks, if they have bought it."""
    if not preview.has_course:
        return
    learner = _buyer(preview) if preview.role == Role.BUYER else None
    [seat] = Enrollment.objects.bulk_create([_seat(course, preview, learner)])
    if learner:
        request.user = learner
    else:
        let_study(request, [seat.pk])


def _buyer(preview: Preview) -> User:
    buyer = User(
        pk=-preview.staff,
        email=f"buyer-{preview.staff}@preview.invalid",
        name=gettext("A buyer"),
        date_joined=preview.begins_at,
    )
    buyer.set_unusable_password()
    User.objects.bulk_create([buyer])
    return buyer


def _seat(course: Course, preview: Preview, learner: User | None) -> Enrollment:
    return Enrollment(
        pk=-preview.staff,
        learner=learner,
        course=course,
        status=EnrollmentStatus.ACTIVE if learner else EnrollmentStatus.UNCLAIMED,
        source=EnrollmentSource.PURCHASE if course.price_minor else EnrollmentSource.FREE,
        starts_at=preview.begins_at,
        access_days=course.access_days,
        ends_at=end_of(preview.begins_at, course.access_days),
    )
