"""Which lesson of a course its learner does next, told by the database.

The first, in the course's order, that they have yet to do; who was in the middle of a video goes on
with that. What has yet to open comes only where there is nothing else, the earliest first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import (
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
)
from django.db.models.functions import JSONObject

from catalog.models import Lesson
from catalog.models.opening import start_of
from library.models.waiting import waits_until
from library.models.watched import resumed, watched_by
from project.prepared import Given

_KNOWN = ("id", "course_id", "section_id", "slug", "title")  # of the lesson


@dataclass(frozen=True)
class NextLesson:
    """What comes next: a lesson, or the moment at which one opens; neither where all is done."""

    lesson: Lesson | None = None
    seconds: int = 0  # where the learner was in its video
    opens_at: datetime | None = None

    @classmethod
    def read(cls, told: Mapping[str, Any] | None) -> "NextLesson":
        """Return what was told by ``next_in``."""
        if told is None:
            return cls()
        if told["waits_until"]:
            return cls(opens_at=start_of(date.fromisoformat(told["waits_until"])))
        lesson = Lesson.from_db(DEFAULT_DB_ALIAS, _KNOWN, [told[name] for name in _KNOWN])
        return cls(lesson, resumed(told["seconds"], told["length"]))


def next_in(course: OuterRef, *, learner: Given, today: Given, done: QuerySet[Any]) -> Subquery:
    """Return what annotates with what comes next in a course, for ``NextLesson.read``.

    It annotates what knows already ``since`` when the learner has had the course. ``done`` are all
    lessons that anybody has done.
    """
    theirs = done.filter(learner=learner, lesson=OuterRef("pk"))
    lessons = Lesson.objects.filter(~Exists(theirs), course=course)
    since = ExpressionWrapper(OuterRef("since"), output_field=DateTimeField())
    known = lessons.annotate(since=since, **watched_by(learner))
    ordered = known.annotate(waits_until=waits_until(today)).order_by(
        F("waits_until").asc(nulls_first=True),
        F("watched_at").desc(nulls_last=True),
        "section__position",
        "section_id",
        "position",
        "pk",
    )
    told = JSONObject(
        **dict(zip(_KNOWN, _KNOWN, strict=True)),
        waits_until="waits_until",
        seconds="watched_seconds",
        length="video_length",
    )
    return Subquery(ordered.values(told=told)[:1])
