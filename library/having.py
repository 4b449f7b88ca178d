"""What courses whoever looks has, or has had: asked once a request, whoever needs it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models.functions import Coalesce
from django.http import HttpRequest

from catalog import clock
from catalog.models import Lesson
from library.access import has_opened, is_free_preview, may_change_courses, seats_of
from library.guests import Guest, viewer_of
from library.models import Enrollment, EnrollmentStatus
from library.models.enrollment_queries import CURRENT
from project.accounts.models import User
from project.prepared import Given, Prepared

_OPEN = (EnrollmentStatus.ACTIVE, EnrollmentStatus.UNCLAIMED)
type Seat = tuple[int, datetime, str, datetime | None]
_SEAT = ("course_id", Coalesce("starts_at", "created_at"), "status", "ends_at")


@dataclass(frozen=True)
class Having:
    """Courses by their pks: those that may be studied, with since when, and others."""

    since: dict[int, datetime] = field(default_factory=dict)
    owned: frozenset[int] = frozenset()  # by a person, even if access is on hold
    lapsed: frozenset[int] = frozenset()  # had for a time that is over


def having(request: HttpRequest) -> Having:
    """Return what the visitor has. Nobody needs to ask for a stranger."""
    known: Having | None = getattr(request, "having", None)
    if known is None:
        viewer = viewer_of(request)
        known = _having(viewer) if isinstance(viewer, User | Guest) else Having()
        request.having = known  # type: ignore[attr-defined]
    return known


def may_view(request: HttpRequest, lesson: Lesson) -> bool:
    """Return whether the visitor may read the lesson, as ``access.can_view`` has it."""
    if is_free_preview(lesson) or may_change_courses(viewer_of(request)):
        return True
    return has_opened(lesson, having(request).since.get(lesson.course_id))


def note_seats(request: HttpRequest, seats: Iterable[Enrollment]) -> None:
    """Remember what a learner has, whose latest seats were asked for anyway."""
    rows = [(s.course_id, s.starts_at or s.created_at, s.status, s.ends_at) for s in seats]
    request.having = _had(rows)  # type: ignore[attr-defined]


def _having(viewer: User | Guest) -> Having:
    if isinstance(viewer, Guest):
        return _had(list(seats_of(viewer).values_list(*_SEAT)), is_guest=True)
    return _had(_latest.all(learner=viewer.pk))


def _had(rows: "list[Seat]", *, is_guest: bool = False) -> Having:
    now = clock.now()
    here = [(pk, since, status) for pk, since, status, end in rows if end is None or end > now]
    since = {pk: since for pk, since, status in here if status in _OPEN}
    owned = frozenset(pk for pk, _, status in here if status in CURRENT and not is_guest)
    over = frozenset(pk for pk, _, _, end in rows if end is not None and end <= now)
    return Having(since, owned, over - since.keys())


_latest = Prepared(lambda: Enrollment.objects.latest_of(Given("learner")).values_list(*_SEAT))
