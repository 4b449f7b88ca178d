"""What learners ask about a lesson, and what the shop answers."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models, transaction
from django.db.models import Count, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import MD5, Coalesce, Length
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Lesson
from project.accounts.models import User

LONGEST, LONGEST_ANSWER = 2000, 5000  # characters
LONGEST_NAME = 60

models.TextField.register_lookup(Length)


class NotAnswered(Exception):
    """Whoever asked can add something only once there is an answer, and it is still shown."""


class LessonQuestionQuerySet(models.QuerySet["LessonQuestion"]):
    """Questions on lessons."""

    def shown(self) -> "LessonQuestionQuerySet":
        """Those that are not hidden."""
        return self.filter(hidden_at=None)

    def waiting(self) -> "LessonQuestionQuerySet":
        """Those to which the shop has yet to say something."""
        return self.shown().filter(answered_at=None)

    def answered(self) -> "LessonQuestionQuerySet":
        """Those in which the shop spoke last."""
        return self.shown().exclude(answered_at=None)

    def hidden(self) -> "LessonQuestionQuerySet":
        """Those that only who asked can read."""
        return self.exclude(hidden_at=None)

    def on(self, lesson: Lesson, *, viewer: User | AnonymousUser) -> "LessonQuestionQuerySet":
        """Those on a lesson that the viewer may read, newest first, with their answers."""
        may_read = Q(hidden_at=None)
        if isinstance(viewer, User):
            may_read |= Q(learner=viewer)
        found = self.filter(may_read, lesson=lesson).order_by("-pk")
        answers = LessonAnswer.objects.all().fetch_mode(models.FETCH_RAISE)
        return found.prefetch_related(Prefetch("answers", answers)).fetch_mode(models.FETCH_RAISE)

    def older_than(self, place: int | None) -> "LessonQuestionQuerySet":
        """Those that come after the one with this pk; all of them without one."""
        return self if place is None else self.filter(pk__lt=place)

    def number_on(self, lesson: OuterRef) -> Coalesce:
        """Return how many are shown on a lesson, as a part of a query for lessons."""
        shown = self.shown().filter(lesson=lesson).order_by().values("lesson")
        return Coalesce(Subquery(shown.annotate(number=Count("pk")).values("number")), 0)

    def ask(self, learner: User, lesson: Lesson, *, text: str, name: str) -> "LessonQuestion":
        """Keep what the learner asks. The same words sent twice are one question."""
        row = self.model(learner=learner, lesson=lesson, text=text, name=name)
        self.bulk_create([row], ignore_conflicts=True)
        return self.get(learner=learner, lesson=lesson, text=text)

    @transaction.atomic
    def forget(self, learner: User) -> None:
        """Delete all that the learner has asked. Who answers one of them just now is waited for."""
        theirs = self.filter(learner=learner)
        list(theirs.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
        theirs.delete()


class LessonQuestion(models.Model):
    """A question on a lesson. Its own verbs, and those of its answers, write ``answered_at``."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lesson_questions"
    )
    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="asked")
    name = models.CharField(
        _("name"), max_length=LONGEST_NAME, help_text=_("That is shown: the learner chose it.")
    )
    text = models.TextField(_("text"), max_length=LONGEST)
    asked_at = models.DateTimeField(_("asked"), auto_now_add=True)
    answered_at = models.DateTimeField(
        _("answered"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Empty while it is the shop's turn to say something."),
    )
    hidden_at = models.DateTimeField(_("hidden"), null=True, blank=True, editable=False)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="hidden_lesson_questions",
    )
    hidden_reason = models.CharField(
        _("why it is hidden"),
        max_length=200,
        blank=True,
        help_text=_("Its writer reads it. Empty: the question is shown."),
    )

    objects = LessonQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question on a lesson")
        verbose_name_plural = _("questions on lessons")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("learner", "lesson", MD5("text"), name="lesson_question_once"),
            models.CheckConstraint(
                condition=Q(text__length__lte=LONGEST) & ~Q(text=""),
                name="lesson_question_says_something",
            ),
            models.CheckConstraint(
                condition=Q(hidden_at=None, hidden_by=None, hidden_reason="")
                | Q(hidden_at__isnull=False) & ~Q(hidden_reason=""),
                name="lesson_question_is_hidden_for_a_reason",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("lesson", F("id").desc(), name="lesson_question_newest"),
            models.Index(
                "id",
                condition=Q(answered_at=None, hidden_at=None),
                name="lesson_question_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:60]}"

    def get_absolute_url(self) -> str:
        """Return where it stands alone with its answers."""
        slugs = (self.lesson.course.slug, self.lesson.slug)
        return reverse("library:question", args=[*slugs, self.pk])

    @property
    def is_hidden(self) -> bool:
        """Whether the shop has hidden it."""
        return self.hidden_at is not None

    @property
    def can_be_followed_up(self) -> bool:
        """Whether it is the turn of who asked."""
        return self.answered_at is not None and not self.is_hidden

    @transaction.atomic
    def answer(self, text: str, *, author: User) -> "LessonAnswer":
        """Answer for the shop; the same words sent twice are one answer.

        Raise ``LessonQuestion.DoesNotExist`` if who asked has taken it back meanwhile.
        """
        self._lock()
        known = self.answers.filter(is_from_shop=True, text=text).first()
        if known:
            return known
        name = "" if "@" in author.name else author.name[:LONGEST_NAME]
        answer = self.answers.create(text=text, is_from_shop=True, author=author, name=name)
        self._note_turn()
        return answer

    @transaction.atomic
    def follow_up(self, text: str) -> "LessonAnswer":
        """Say more as the one who asked: then it is the shop's turn. Raise ``NotAnswered``."""
        self._lock()
        if not self.can_be_followed_up:
            raise NotAnswered(f"It is not the turn of who asked {self.pk}.")
        more = self.answers.create(text=text, name=self.name)
        self._note_turn()
        return more

    @transaction.atomic
    def withdraw(self) -> bool:
        """Take it back as the one who asked. Return ``False`` if it is answered, and so stays."""
        self._lock()
        if self.answers.exists():
            return False
        self.delete()
        return True

    def hide(self, reason: str, *, by: User) -> None:
        """Show it to nobody but who asked, who reads why. The reason must say something."""
        self._change(hidden_at=timezone.now(), hidden_by=by, hidden_reason=reason)

    def show(self) -> None:
        """Show it again."""
        self._change(hidden_at=None, hidden_by=None, hidden_reason="")

    def _lock(self) -> None:
        """Let nobody else add to it, or take it back, before this is done."""
        locked = LessonQuestion.objects.select_for_update().get(pk=self.pk)
        self.answered_at, self.hidden_at = locked.answered_at, locked.hidden_at

    def _note_turn(self) -> None:
        """Note when the shop spoke, if it spoke last. To be called under the lock."""
        last = self.answers.order_by("-pk").first()
        self._change(answered_at=last.written_at if last and last.is_from_shop else None)

    def _change(self, **changes: object) -> None:
        LessonQuestion.objects.filter(pk=self.pk).update(**changes)
        for name, value in changes.items():
            setattr(self, name, value)


class LessonAnswer(models.Model):
    """What was said to a question: by the shop, or once more by who asked."""

    question = models.ForeignKey(LessonQuestion, on_delete=models.CASCADE, related_name="answers")
    is_from_shop = models.BooleanField(default=False, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="lesson_answers",
        help_text=_("Who of the staff wrote it."),
    )
    name = models.CharField(max_length=LONGEST_NAME, blank=True, editable=False)
    text = models.TextField(_("text"), max_length=LONGEST_ANSWER)
    written_at = models.DateTimeField(_("written"), auto_now_add=True)
    edited_at = models.DateTimeField(_("changed"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(text__length__lte=LONGEST_ANSWER) & ~Q(text=""),
                name="lesson_answer_says_something",
            ),
            models.CheckConstraint(
                condition=Q(author=None) | Q(is_from_shop=True),
                name="lesson_answer_of_staff_is_the_shops",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:60]}"

    def rewrite(self, text: str) -> None:
        """Say it in other words. Nobody is written to."""
        self.text, self.edited_at = text, timezone.now()
        self.save(update_fields=["text", "edited_at"])

    @transaction.atomic
    def remove(self) -> None:
        """Take it away: perhaps it is the shop's turn again."""
        self.question._lock()
        self.delete()
        self.question._note_turn()
