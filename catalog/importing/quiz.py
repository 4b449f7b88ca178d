"""A lesson's questions as its front matter tells them, and as it is written back."""

from typing import Any

from django.core.exceptions import ValidationError

from catalog.importing.front_matter import InvalidCourseFolder, TextFile
from catalog.models import Lesson, Question, QuestionKind
from catalog.models.outline import PASS_PERCENT

QUIZ_KEYS = {"pass_percent", "questions"}
QUESTION_KEYS = {"kind": str, "question": str, "answers": list, "explanation": str}


def read_quiz(file: TextFile) -> tuple[int, list[dict[str, Any]]]:
    """Return the pass mark, and the fields of each question. Raise ``InvalidCourseFolder``."""
    quiz = file.values.get("quiz", {})
    questions = quiz.get("questions", [])
    percent = quiz.get("pass_percent", PASS_PERCENT)
    _refuse_unknown(file, "quiz", quiz, QUIZ_KEYS)
    if type(percent) is not int or not 1 <= percent <= 100:
        raise InvalidCourseFolder(file.path, "quiz: pass_percent must be 1 to 100.")
    if not isinstance(questions, list) or not all(isinstance(one, dict) for one in questions):
        raise InvalidCourseFolder(file.path, "quiz: questions are tables, [[quiz.questions]].")
    return percent, [_question(file, at, one) for at, one in enumerate(questions, start=1)]


def write_quiz(lesson: Lesson) -> dict[str, Any]:
    """Return the lesson's quiz as its front matter tells it; nothing if it asks nothing."""
    questions = [_table(question) for question in lesson.questions.all()]
    if not questions:
        return {}
    return {"pass_percent": lesson.pass_percent, "questions": questions}


def _table(question: Question) -> dict[str, Any]:
    table = {
        "kind": question.kind,
        "question": question.text,
        "answers": [line.strip() for line in question.answers.splitlines() if line.strip()],
        "explanation": question.explanation,
    }
    return {name: value for name, value in table.items() if value}


def _question(file: TextFile, at: int, told: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a question; those that a person could not save are refused."""
    name = f"quiz: question {at}"
    _refuse_unknown(file, name, told, set(QUESTION_KEYS))
    for key, value in told.items():
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if type(value) is not QUESTION_KEYS[key] or (isinstance(value, list) and not is_list):
            raise InvalidCourseFolder(file.path, f"{name}: {key} is of another kind.")
    values = {
        "position": at,
        "kind": told.get("kind", QuestionKind.SINGLE.value),
        "text": told.get("question", "").strip(),
        "answers": "\n".join(told.get("answers", [])),
        "explanation": told.get("explanation", "").strip(),
    }
    try:
        question = Question(**values)
        question.clean_fields(exclude=["lesson"])
        question.clean()
    except ValidationError as error:
        raise InvalidCourseFolder(file.path, f"{name}: {error.messages[0]}") from error
    return values


def _refuse_unknown(file: TextFile, name: str, told: dict[str, Any], known: set[str]) -> None:
    if unknown := sorted(told.keys() - known):
        keys = ", ".join(sorted(known))
        raise InvalidCourseFolder(
            file.path, f"{name}: Unknown key “{unknown[0]}”. Known are {keys}."
        )
