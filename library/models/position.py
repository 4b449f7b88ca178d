"""Where learners are in videos."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Lesson
from project.accounts.models import User


class VideoPositionQuerySet(models.QuerySet["VideoPosition"]):
    """Where learners are."""

    def keep(
        self,
        learner: User,
        lesson: Lesson,
        *,
        seconds: int,
        playback: UUID,
        number: int,
        resumed_at: datetime,
    ) -> bool:
        """Remember where the learner is; return ``False`` if something newer is known.

        ``playback`` is what began when somebody pressed Play, at ``resumed_at``, and ``number``
        counts what it has told. Of two that were begun the later one counts, however late the other
        one tells where it stopped, as a tab does that was left open; of one, what it told last.
        """
        place = {
            "seconds": seconds,
            "playback": playback,
            "number": number,
            "resumed_at": resumed_at,
            "updated_at": timezone.now(),
        }
        known = self.filter(learner=learner, lesson=lesson)
        goes_on = Q(playback=playback, number__lt=number)
        begins_later = ~Q(playback=playback) & Q(resumed_at__lt=resumed_at)
        older = known.filter(goes_on | begins_later)
        if older.update(**place):
            return True
        self.bulk_create(
            [self.model(learner=learner, lesson=lesson, **place)], ignore_conflicts=True
        )
        # If there was a row, it is newer, or it came in between: then the two are compared again.
        return (
            bool(older.update(**place)) or known.filter(playback=playback, number=number).exists()
        )


class VideoPosition(models.Model):
    """How far a learner has watched a lesson's video."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="video_positions"
    )
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="video_positions")
    seconds = models.PositiveIntegerField()
    playback = models.UUIDField()
    number = models.PositiveIntegerField()
    resumed_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = VideoPositionQuerySet.as_manager()

    class Meta:
        verbose_name = _("place in a video")
        verbose_name_plural = _("places in videos")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "lesson"], name="video_position_once"),
            models.CheckConstraint(condition=Q(seconds__gt=0), name="video_position_has_begun"),
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.lesson}, {self.seconds} s"
