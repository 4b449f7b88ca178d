"""The questions of a lesson as somebody answers them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from catalog.models import Choice, Lesson, Question, QuestionKind
from library.guests import Guest
from library.models import QuizAttempt
from project.accounts.models import User

LONGEST = 200  # characters of an answer in words


@dataclass(frozen=True)
class Answered:
    """A question, and how it was answered, if it was."""

    question: Question
    given: list[str]
    is_graded: bool
    reveals: bool  # what is right: only once the quiz is passed

    @property
    def field(self) -> str:
        """What its answer is called in the form."""
        return f"question-{self.question.pk}"

    @property
    def is_right(self) -> bool:
        """Whether it was answered rightly."""
        return self.is_graded and self.question.is_right(self.given)

    @property
    def written(self) -> str:
        """What was written as an answer."""
        return self.given[0] if self.given else ""

    @property
    def is_text(self) -> bool:
        """Whether one writes the answer."""
        return self.question.kind == QuestionKind.TEXT

    @property
    def is_multiple(self) -> bool:
        """Whether more than one of the answers may be right."""
        return self.question.kind == QuestionKind.MULTIPLE

    @property
    def choices(self) -> list[tuple[Choice, bool]]:
        """The answers that are offered, each with whether it was chosen."""
        return [(choice, str(choice.number) in self.given) for choice in self.question.choices]

    @property
    def explanation_html(self) -> str:
        """The explanation, which nobody gets before they have answered."""
        return self.question.explanation_html if self.is_graded else ""

    @property
    def accepted(self) -> list[str]:
        """What is right, once that is no secret."""
        return self.question.accepted if self.reveals else []


@dataclass(frozen=True)
class Quiz:
    """All questions of a lesson, with the attempt that counts."""

    questions: list[Answered]
    percent: int | None  # of the attempt; None if there was none
    pass_percent: int
    has_passed: bool

    @property
    def was_tried(self) -> bool:
        """Whether it was answered before."""
        return self.percent is not None

    @property
    def right(self) -> int:
        """How many were answered rightly."""
        return sum(question.is_right for question in self.questions)


def quiz_of(lesson: Lesson, viewer: User | AnonymousUser) -> Quiz | None:
    """Return the lesson's quiz with the viewer's attempt that counts; ``None`` if it has none."""
    # Asked only of a lesson of which it is not known that it has none.
    questions = list(lesson.questions.all()) if getattr(lesson, "has_questions", True) else []
    if not questions:
        return None
    attempt = None
    if isinstance(viewer, User):
        attempt = QuizAttempt.objects.of(viewer, lesson).first()
    if attempt:
        passed = attempt.has_passed
        return _quiz(lesson, questions, attempt.answers, percent=attempt.percent, passed=passed)
    passed = isinstance(viewer, Guest) and lesson.pk in viewer.passed
    return _quiz(lesson, questions, {}, percent=None, passed=passed)


def grade(
    lesson: Lesson, form: Mapping[str, list[str]]
) -> tuple[Quiz, dict[str, list[str]]] | None:
    """Return the quiz as it was answered, and the answers as they are kept."""
    questions = list(lesson.questions.all())
    if not questions:
        return None
    answers = {
        str(question.pk): [text[:LONGEST] for text in form.get(f"question-{question.pk}", [])][:50]
        for question in questions
    }
    right = sum(question.is_right(answers[str(question.pk)]) for question in questions)
    percent = right * 100 // len(questions)
    passed = percent >= lesson.pass_percent
    return _quiz(lesson, questions, answers, percent=percent, passed=passed), answers


def lists_of(request: HttpRequest) -> dict[str, list[str]]:
    """Return what the form sent, with all values of each field."""
    return {name: request.POST.getlist(name) for name in request.POST}


def _quiz(
    lesson: Lesson,
    questions: list[Question],
    answers: Mapping[str, list[str]],
    *,
    percent: int | None,
    passed: bool,
) -> Quiz:
    asked = [
        Answered(
            question,
            given=answers.get(str(question.pk), []),
            # A question that was added since was not answered.
            is_graded=str(question.pk) in answers,
            reveals=passed and str(question.pk) in answers,
        )
        for question in questions
    ]
    return Quiz(asked, percent, lesson.pass_percent, passed)
