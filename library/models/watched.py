"""Where somebody is in the videos of lessons, told by the database, and the second to go on at."""

from typing import Any

from django.db.models import F, FilteredRelation, Q

from catalog.models import Lesson
from project.prepared import Given

AS_GOOD_AS_OVER = 5  # seconds before the end: who comes back begins anew


def watched_by(learner_pk: int | Given | None) -> dict[str, Any]:
    """Return what annotates lessons with where the learner is, and when that was."""
    of_learner = Q(video_positions__learner=learner_pk)  # one at most: the database sees to it
    return {
        "watched": FilteredRelation("video_positions", condition=of_learner),
        "watched_at": F("watched__updated_at"),
        "watched_seconds": F("watched__seconds"),
        "video_length": F("video__seconds"),
    }


def place_in(lesson: Lesson) -> int:
    """Return the second to go on at in the video of a lesson that was annotated so."""
    return resumed(lesson.watched_seconds, lesson.video_length)  # type: ignore[attr-defined]


def resumed(seconds: int | None, length: int | None) -> int:
    """Return the second at which to go on: the first, if all of it has been seen."""
    is_over = bool(length and seconds and seconds >= length - AS_GOOD_AS_OVER)
    return 0 if is_over else seconds or 0
