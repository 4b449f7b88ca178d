"""How learners have answered a lesson's questions."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models import Lesson
from project.accounts.models import User

KEPT = 10  # attempts that did not pass, of one learner at one lesson


class QuizAttemptQuerySet(models.QuerySet["QuizAttempt"]):
    """Attempts."""

    def of(self, learner: User, lesson: Lesson) -> "QuizAttemptQuerySet":
        """Narrow to the learner's at one lesson, the one that passed or else the latest first."""
        return self.filter(learner=learner, lesson=lesson).order_by("-has_passed", "-pk")

    def keep(
        self,
        learner: User,
        lesson: Lesson,
        *,
        answers: dict[str, list[str]],
        percent: int,
        has_passed: bool,
    ) -> "QuizAttempt":
        """Keep an attempt, and of those that failed before only the latest."""
        attempt = self.create(
            learner=learner, lesson=lesson, answers=answers, percent=percent, has_passed=has_passed
        )
        failed = self.of(learner, lesson).filter(has_passed=False).order_by("-pk")
        self.filter(pk__in=failed.values_list("pk", flat=True)[KEPT:]).delete()
        return attempt


class QuizAttempt(models.Model):
    """One try at a lesson's questions: what was answered, and what it was worth."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quiz_attempts"
    )
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="quiz_attempts")
    answers = models.JSONField(help_text="What was answered, by the question's id.")
    percent = models.PositiveSmallIntegerField()
    has_passed = models.BooleanField()
    made_at = models.DateTimeField(default=timezone.now)

    objects = QuizAttemptQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(percent__lte=100), name="quiz_attempt_is_of_a_hundred"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["learner", "lesson", "-has_passed", "-id"], name="quiz_attempts")
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.lesson}, {self.percent} %"
