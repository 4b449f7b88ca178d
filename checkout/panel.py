"""What the order's panel shows: from waiting for the money to the first lesson."""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.urls import reverse

from catalog.models import Course, Lesson
from checkout.models import LineOutcome, Order, OrderLine, OrderStatus, Payment, PaymentStatus
from library.outline import Outline, outlines_of
from project.accounts.models import User

# Somebody is watching for the first half minute; afterwards it is the bank that is slow.
BRISK, PATIENT = 30, 120  # seconds of waiting
BRISK_INTERVAL, PATIENT_INTERVAL = 2, 5  # seconds between two polls
NO_MORE = 0


@dataclass(frozen=True, kw_only=True)
class Poll:
    """What the polling panel says of itself."""

    version: int
    since: int
    poll_seconds: int


@dataclass(frozen=True)
class UnlockedLesson:
    """A lesson that the order opened."""

    lesson: Lesson
    course: Course

    @property
    def title(self) -> str:
        """What it is called."""
        return self.lesson.title

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return self.lesson.minutes

    @property
    def url(self) -> str:
        """Where it is read."""
        return reverse("library:lesson", args=[self.course.slug, self.lesson.slug])


@dataclass(frozen=True)
class UnlockedCourse:
    """A course that the order opened, with its contents."""

    course: Course
    outline: Outline

    @property
    def url(self) -> str:
        """Where it is studied."""
        return reverse("library:course", args=[self.course.slug])

    @property
    def sections(self) -> list[dict[str, Any]]:
        """Its contents, by section."""
        return [
            {
                "title": section.title,
                "lessons": [UnlockedLesson(item.lesson, self.course) for item in section.lessons],
            }
            for section in self.outline.sections
        ]

    @property
    def is_started(self) -> bool:
        """Whether the viewer has done a lesson of it."""
        return self.outline.progress.done > 0

    @property
    def first_lesson(self) -> UnlockedLesson | None:
        """Where to start, or to go on."""
        lesson = self.outline.progress.next_lesson
        return UnlockedLesson(lesson, self.course) if lesson else None


class OrderPanel:
    """An order as the panel shows it to its viewer."""

    def __init__(
        self, order: Order, viewer: User | AnonymousUser, *, since: int | None = None
    ) -> None:
        self.order = order
        self.viewer = viewer
        self.since = since or int(time.time())

    @staticmethod
    def read_poll(query: QueryDict) -> Poll:
        """Return what the panel carries in its URL; with garbage, it knows nothing."""
        now = int(time.time())
        since = _number(query.get("t"), default=now)
        return Poll(
            version=_number(query.get("v"), default=0),
            since=since if now - 86_400 < since <= now else now,
            poll_seconds=_number(query.get("s"), default=-1),
        )

    @cached_property
    def payment(self) -> Payment | None:
        """The latest attempt."""
        return self.order.payments.order_by("-attempt").first()

    @property
    def state(self) -> str:
        """What the panel says, as the template names it."""
        order = self.order
        if order.is_paid:
            return "paid"
        if order.held_reason:
            return "held"
        if order.status == OrderStatus.PROCESSING:
            return "bank"
        if not order.is_live:
            return str(order.status)
        if self.payment and self.payment.status in (PaymentStatus.FAILED, PaymentStatus.ABANDONED):
            return "failed"
        return "waiting" if self.poll_seconds else "slow"

    @property
    def poll_seconds(self) -> int:
        """How long the panel waits before it asks again; 0: no more."""
        if self.order.is_paid or self.order.held_reason or not self.order.is_live:
            return NO_MORE
        waited = int(time.time()) - self.since
        if waited >= PATIENT:
            return NO_MORE
        return BRISK_INTERVAL if waited < BRISK else PATIENT_INTERVAL

    @property
    def poll_url(self) -> str:
        """Where the panel asks, with what it shows now."""
        shown = {"v": self.order.version, "t": self.since, "s": self.poll_seconds}
        status = reverse("checkout:order_status", args=[self.order.reference])
        return f"{status}?{urlencode(shown)}"

    @property
    def page_url(self) -> str:
        """The page itself, with how long it has waited: for browsers that reload it."""
        return f"{self.order.get_absolute_url()}?{urlencode({'t': self.since})}"

    @property
    def check_url(self) -> str:
        """Where the gateway is asked now."""
        check = reverse("checkout:order_check", args=[self.order.reference])
        return f"{check}?{urlencode({'t': self.since})}"

    @property
    def resume_url(self) -> str:
        """The gateway's page, while it still takes the money."""
        is_open = self.payment and self.payment.status == PaymentStatus.OPEN
        is_wanted = is_open and self.order.is_payable
        return self.payment.session_url if self.payment and is_wanted else ""

    @property
    def retry_url(self) -> str:
        """Where another attempt is made, after one that failed."""
        return reverse("checkout:order_payment", args=[self.order.reference])

    @cached_property
    def lines(self) -> list[OrderLine]:
        """The order's lines, with all that is shown of them."""
        lines = list(self.order.lines.select_related("course", "enrollment"))
        for line in lines:
            line.order = self.order
        return lines

    @cached_property
    def courses(self) -> list[UnlockedCourse]:
        """What the viewer can study now."""
        if not self.order.is_paid or not isinstance(self.viewer, User):
            return []
        own = [line.course for line in self.lines if line.is_for_buyer and _opens(line)]
        outlines = outlines_of(own, self.viewer)
        return [UnlockedCourse(course, outlines[course.pk]) for course in own]

    @property
    def gifts(self) -> list[dict[str, Any]]:
        """Seats to hand out, with their links while nobody has taken them."""
        return [
            {
                "title": line.title,
                "url": line.enrollment.claim_url,
                "is_claimed": line.enrollment.learner_id is not None,
            }
            for line in self.lines
            if not line.is_for_buyer and line.enrollment and not line.enrollment.is_revoked
        ]

    def context(self) -> dict[str, Any]:
        """Return what the template needs."""
        return {
            "order": self.order,
            "lines": self.lines,
            "payment": self.payment,
            "state": self.state,
            "poll_url": self.poll_url,
            "poll_seconds": self.poll_seconds,
            # Once, early: if the webhook has not come by then, asking helps.
            "asks_gateway": self.state == "waiting"
            and int(time.time()) - self.since < BRISK_INTERVAL,
            "page_url": self.page_url,
            "check_url": self.check_url,
            "resume_url": self.resume_url,
            "retry_url": self.retry_url if self.state == "failed" else "",
            "courses": self.courses,
            "gifts": self.gifts if self.order.is_paid else [],
        }


def _opens(line: OrderLine) -> bool:
    """Whether the buyer can study what the line is for."""
    if line.enrollment:
        return line.enrollment.is_active
    return line.outcome == LineOutcome.ALREADY_OWNED


def _number(text: str | None, *, default: int) -> int:
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) < 12
    return int(text) if is_number and text else default
