"""What there is to watch and to keep in a lesson, and where somebody was when they left."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from catalog.media.embeds import Embed
from catalog.models import Caption, Lesson, LessonFile, Video
from library.models import VideoPosition
from library.models.watched import resumed
from project.accounts.models import User

LONGEST = 100 * 60 * 60  # seconds
LONGEST_PLAYBACK = 30 * 24 * 60 * 60 * 1000  # milliseconds since somebody pressed Play


@dataclass(frozen=True)
class LessonMedia:
    """A lesson's video with its captions, and its files. ``start`` is the second to begin at."""

    lesson: Lesson
    video: Video | None = None
    captions: list[Caption] = field(default_factory=list)
    files: list[LessonFile] = field(default_factory=list)
    start: int = 0

    @property
    def has_any(self) -> bool:
        """Whether there is anything."""
        return bool(self.video or self.files)

    @property
    def embed(self) -> Embed | None:
        """The video at YouTube or Vimeo."""
        return self.video.embed if self.video else None

    @property
    def player(self) -> str:
        """Where the player of such a video is, to begin at the right second."""
        return self.embed.player_from(self.start) if self.embed else ""


class PositionForm(forms.Form):
    """Where a player says it is. ``ago`` is how many milliseconds ago somebody pressed Play.

    It is not a moment of the player's own clock, because that may be wrong.
    """

    seconds = forms.IntegerField(min_value=1, max_value=LONGEST)
    playback = forms.UUIDField()
    number = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    ago = forms.IntegerField(min_value=0, max_value=LONGEST_PLAYBACK)

    def keep(self, learner: User, lesson: Lesson) -> bool:
        """Remember it; return ``False`` if something newer is known."""
        told: dict[str, Any] = self.cleaned_data
        resumed_at = timezone.now() - timedelta(milliseconds=told["ago"])
        return VideoPosition.objects.keep(
            learner,
            lesson,
            seconds=told["seconds"],
            playback=told["playback"],
            number=told["number"],
            resumed_at=resumed_at,
        )


def media_of(lesson: Lesson, viewer: User | AnonymousUser, *, asked: str = "") -> LessonMedia:
    """Return what a lesson has, if it was found with ``with_media``: no query if that is nothing.

    ``asked`` is the second that an address names; without one it is where the viewer was.
    """
    video: Video | None = getattr(lesson, "video", None)
    has_files: bool = lesson.has_files  # type: ignore[attr-defined]  # annotated
    return LessonMedia(
        lesson,
        video=video,
        captions=list(Caption.objects.filter(lesson=lesson)) if video else [],
        files=list(LessonFile.objects.filter(lesson=lesson)) if has_files else [],
        start=_start(video, viewer, asked) if video else 0,
    )


def _start(video: Video, viewer: User | AnonymousUser, asked: str) -> int:
    if asked.isascii() and asked.isdigit() and int(asked) <= LONGEST:
        return int(asked)
    if not isinstance(viewer, User):
        return 0
    positions = VideoPosition.objects.filter(learner=viewer, lesson=video.lesson_id)
    return resumed(positions.values_list("seconds", flat=True).first(), video.seconds)
