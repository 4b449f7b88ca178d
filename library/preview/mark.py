"""Which course staff look at, as whom, and on which day. Their browser keeps that, signed."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.core import signing
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Course
from library.access import may_change_courses

COOKIE = "__Host-preview" if settings.SITE_IS_SECURE else "preview"
LASTS = 4 * 60 * 60  # seconds
NOON = time(12)


class Role(models.TextChoices):
    """As whom one looks."""

    VISITOR = "visitor", _("Visitor, who has not bought it")
    BUYER = "buyer", _("Buyer, with an account")
    GUEST = "guest", _("Guest, who bought it without an account")


@dataclass(frozen=True)
class Preview:
    """What the mark says. ``since`` is the day on which a buyer or guest got the course."""

    course: int  # their pks
    staff: int
    role: Role
    day: date
    since: date

    @property
    def choices(self) -> dict[str, object]:
        """What somebody chose, for the form to begin with."""
        return {"role": self.role, "day": self.day, "since": self.since}

    @property
    def moment(self) -> datetime:
        """When they look: noon by the shop's clock, or now if it is today."""
        now = timezone.now()
        return now if self.day == timezone.localdate(now) else _at(self.day, NOON)

    @property
    def begins_at(self) -> datetime:
        """When they got the course: as their day began, and not after they look."""
        return _at(min(self.since, self.day), time.min)

    @property
    def has_course(self) -> bool:
        """Whether it is somebody who got the course."""
        return self.role != Role.VISITOR

    def begin(self, response: HttpResponse) -> None:
        """Have the browser keep it for a while."""
        days = self.day.isoformat(), self.since.isoformat()
        value = signing.dumps([self.course, self.staff, self.role.value, *days], salt=COOKIE)
        response.set_cookie(
            COOKIE,
            value,
            max_age=LASTS,
            secure=settings.SITE_IS_SECURE,
            httponly=True,
            samesite="Lax",
        )


def end(response: HttpResponse) -> None:
    """Have the browser forget it."""
    response.delete_cookie(COOKIE)


def preview_in(request: HttpRequest, course: Course) -> Preview | None:
    """Return how this course is looked at, if this person began that, and may still do so."""
    try:
        value = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=LASTS)
    except signing.BadSignature:
        return None
    pk, staff, role, day, since = value
    is_theirs = pk == course.pk and staff == request.user.pk and may_change_courses(request.user)
    days = date.fromisoformat(day), date.fromisoformat(since)
    return Preview(pk, staff, Role(role), *days) if is_theirs else None


def is_looking(request: HttpRequest) -> bool:
    """Return whether the page is made as for somebody else, so that nothing is kept of it."""
    return hasattr(request, "preview")


def _at(day: date, hour: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, hour))
