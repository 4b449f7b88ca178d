"""What learners write down beside a lesson."""

import re
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.markdown import render_markdown
from catalog.models import Course, Lesson
from project.accounts.models import User

LONGEST = 20_000  # characters
_STAMP = re.compile(r"(?<!\S)\[((?:\d{1,2}:)?\d{1,2}:\d{2})\](?![(\[:])")


class NoteQuerySet(models.QuerySet["Note"]):
    """Notes."""

    def of(self, learner: User, course: Course) -> "NoteQuerySet":
        """The learner's in one course that say anything, in the course's order."""
        order = ("lesson__section__position", "lesson__section_id", "lesson__position", "lesson_id")
        notes = self.filter(learner=learner, lesson__course=course).exclude(text="")
        return (
            notes.select_related("lesson")
            .defer("lesson__body", "lesson__body_html")
            .order_by(*order)
        )

    def write(self, learner: User, lesson: Lesson, text: str, *, version: int) -> "Note | None":
        """Keep what the learner wrote, who had seen this version; return the note.

        Return ``None`` if it was changed elsewhere since, so that no window overwrites what was
        written in another. One statement decides (``note_once``, and the version).
        """
        if version == 0:
            row = self.model(learner=learner, lesson=lesson, text=text, version=1)
            self.bulk_create([row], ignore_conflicts=True)
            note = self.get(learner=learner, lesson=lesson)
            return note if (note.version, note.text) == (1, text) else None
        changes: dict[str, Any] = {
            "text": text,
            "version": F("version") + 1,
            "updated_at": timezone.now(),
        }
        notes = self.filter(learner=learner, lesson=lesson)
        if not notes.filter(version=version).update(**changes):
            return None
        return notes.get()


class Note(models.Model):
    """A learner's note on a lesson: Markdown, and nobody else's business."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes"
    )
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField(blank=True, max_length=LONGEST)
    version = models.PositiveIntegerField(default=1, help_text=_("Counts the times it was saved."))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "lesson"], name="note_once")
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.lesson}"

    def as_html(self, lesson_url: str) -> str:
        """Return it as HTML that is safe to show; a time such as [3:07] leads into the video."""

        def link(match: re.Match[str]) -> str:
            return f"[{match[1]}]({lesson_url}?t={_seconds(match[1])})"

        return render_markdown(_STAMP.sub(link, self.text))


def _seconds(stamp: str) -> int:
    seconds = 0
    for part in stamp.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds
