"""Who studies without an account: the browser that bought a course may open it at once.

Its session's data names the seats that it may study and the lessons that were done there. It holds
while nobody has claimed the seat, and never in another browser.
"""

import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from catalog.models import Lesson
from library.models import Enrollment, LessonProgress
from project.accounts.models import User

SEATS, DONE, PASSED = "guest_seats", "guest_done", "guest_passed"  # in the session's data
MOST_SEATS = 200  # that a session remembers: the latest
MOST_DONE = 2000  # lessons


class Guest(AnonymousUser):
    """A browser that bought without an account, with the seats that it may study."""

    def __init__(
        self, seats: Iterable[int], done: Iterable[int], passed: Iterable[int] = ()
    ) -> None:
        super().__init__()
        self.passed = frozenset(passed)
        self.seats = frozenset(seats)
        self.done = frozenset(done)


def viewer_of(request: HttpRequest) -> User | AnonymousUser:
    """Return who looks: a person, a guest, or a stranger. Writes nothing, and asks for nothing.

    Who is signed in is that person and nothing more: what was bought in this browser may be
    somebody else's, who shares it.
    """
    if request.user.is_authenticated or not hasattr(request, "session"):
        return request.user
    seats = request.session.get(SEATS)
    if not seats:
        return request.user
    return Guest(seats, map(int, _done_in(request)), request.session.get(PASSED, []))


def let_study(request: HttpRequest, seats: Iterable[int]) -> None:
    """Have this browser study these seats, by their pks, while nobody has claimed them."""
    known = request.session.get(SEATS, [])
    new = [pk for pk in seats if pk not in known]
    if new:
        request.session[SEATS] = [*known, *new][-MOST_SEATS:]


def mark(request: HttpRequest, lesson: Lesson, *, is_done: bool) -> None:
    """Note in the session that a guest has done the lesson, or has not."""
    done = _done_in(request)
    if is_done and len(done) < MOST_DONE:
        done.setdefault(str(lesson.pk), int(time.time()))
    elif not is_done:
        done.pop(str(lesson.pk), None)
    request.session[DONE] = done


def note_passed(request: HttpRequest, lesson: Lesson) -> None:
    """Note in the session that a guest has passed the lesson's quiz."""
    passed = request.session.get(PASSED, [])
    if lesson.pk not in passed:
        request.session[PASSED] = [*passed, lesson.pk][-MOST_DONE:]


def carry_over(request: HttpRequest, learner: User, *, also: Collection[int] = ()) -> None:
    """Hand what was done in this browser to the learner who holds the seats now.

    ``also`` are seats, by their pks, that were the learner's purchase and are to be given away,
    because they had the course already. What belongs to nobody yet stays.
    """
    known = set(request.session.get(SEATS, []))
    if not known:
        return
    seats = Enrollment.objects.filter(pk__in=known)
    theirs = {seat.pk: seat.course_id for seat in seats if seat.learner_id == learner.pk}
    theirs |= {seat.pk: seat.course_id for seat in seats if seat.pk in also}
    done = _done_in(request)
    lessons = Lesson.objects.filter(pk__in=map(int, done), course__in=theirs.values())
    moments = {pk: done.pop(str(pk)) for pk in lessons.values_list("pk", flat=True)}
    LessonProgress.objects.adopt(
        learner, {pk: datetime.fromtimestamp(at, UTC) for pk, at in moments.items()}
    )
    request.session[SEATS] = [pk for pk in request.session[SEATS] if pk not in theirs]
    request.session[DONE] = done


def _done_in(request: HttpRequest) -> dict[str, int]:
    done: dict[str, int] = request.session.get(DONE, {})
    return dict(done)
