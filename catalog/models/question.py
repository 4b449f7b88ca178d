"""What a lesson asks when one has read it."""

import re
from dataclasses import dataclass
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.markdown import render_markdown
from catalog.models.outline import Lesson

_CHOICE = re.compile(r"\[( |x|X)\]\s+(\S.*)")


class QuestionKind(models.TextChoices):
    """How a question is answered."""

    SINGLE = "single", _("One of these")
    MULTIPLE = "multiple", _("All that are right")
    TEXT = "text", _("A word or a few")


@dataclass(frozen=True)
class Choice:
    """One of the answers that are offered."""

    number: int
    text: str
    is_right: bool


class Question(models.Model):
    """One question of a lesson, which counts as done once its questions are passed."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=16, choices=QuestionKind, default=QuestionKind.SINGLE)
    text = models.TextField(_("question"), max_length=2000, help_text=_("Markdown."))
    answers = models.TextField(
        max_length=4000,
        help_text=_(
            "One a line: [x] a right one, [ ] a wrong one. Of a question for a word: whatever "
            "counts as right, with nothing before it."
        ),
    )
    explanation = models.TextField(
        blank=True, max_length=4000, help_text=_("Markdown. Shown once it was answered.")
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(kind__in=QuestionKind.values), name="question_kind_is_known"
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]

    def clean(self) -> None:
        """Refuse answers that are not of the question's kind."""
        lines = self._lines
        if self.kind == QuestionKind.TEXT:
            if not lines or any(_CHOICE.fullmatch(line) for line in lines):
                raise ValidationError({"answers": gettext("Give at least one answer, as words.")})
            return
        if len(lines) < 2 or not all(_CHOICE.fullmatch(line) for line in lines):
            told = gettext("Give two answers at least, each on a line that begins with [x] or [ ].")
            raise ValidationError({"answers": told})
        right = sum(choice.is_right for choice in self.choices)
        if right == 0 or (self.kind == QuestionKind.SINGLE and right > 1):
            told = gettext("Mark the right answer with [x], and of this kind only one.")
            raise ValidationError({"answers": told})

    @property
    def text_html(self) -> str:
        """The question as HTML that is safe to show."""
        return render_markdown(self.text, name=f"question-{self.pk}")

    @property
    def explanation_html(self) -> str:
        """The explanation as HTML that is safe to show."""
        return render_markdown(self.explanation, name=f"answer-{self.pk}")

    @property
    def choices(self) -> list[Choice]:
        """The answers that are offered; none where one writes."""
        found = [_CHOICE.fullmatch(line) for line in self._lines]
        return [
            Choice(number, match[2], match[1] != " ")
            for number, match in enumerate(found)
            if match and self.kind != QuestionKind.TEXT
        ]

    @property
    def accepted(self) -> list[str]:
        """What counts as right, as it is to be shown."""
        if self.kind == QuestionKind.TEXT:
            return self._lines
        return [choice.text for choice in self.choices if choice.is_right]

    def is_right(self, given: list[str]) -> bool:
        """Return whether the answer is right: numbers of choices, or one text.

        Of a text, neither case nor spaces nor the signs around it count.
        """
        if self.kind == QuestionKind.TEXT:
            return bool(given) and _plain(given[0]) in {_plain(line) for line in self._lines}
        right = {str(choice.number) for choice in self.choices if choice.is_right}
        return set(given) == right

    @property
    def _lines(self) -> list[str]:
        return [line.strip() for line in self.answers.splitlines() if line.strip()]


def _plain(text: str) -> str:
    return " ".join(text.split()).strip(" .,;:!?\"'“”‘’()").casefold()
