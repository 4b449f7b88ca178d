"""Questions after a lesson."""

import pytest
from django.core.exceptions import ValidationError

from catalog.models import Question, QuestionKind
from library.guests import DONE, SEATS
from library.models import Certificate, LessonProgress, QuizAttempt
from library.models.quiz_attempt import KEPT
from tests.factories import create_course, create_question, create_seat, enroll

SINGLE, MULTIPLE, TEXT = QuestionKind
PATH = "/library/knots/{}/"


@pytest.fixture
def lesson(db):
    course = create_course(slug="knots", lessons=1)
    return course.lessons.get()


def study(visitor, lesson):
    enroll(visitor.sign_in(), course=lesson.course)
    return PATH.format(lesson.slug)


@pytest.mark.parametrize(
    ("kind", "answers", "given", "is_right"),
    [
        (SINGLE, "[x] A\n[ ] B", ["0"], True),
        (SINGLE, "[x] A\n[ ] B", ["1"], False),
        (SINGLE, "[x] A\n[ ] B", [], False),
        (MULTIPLE, "[x] A\n[ ] B\n[x] C", ["2", "0"], True),
        (MULTIPLE, "[x] A\n[ ] B\n[x] C", ["0"], False),
        (MULTIPLE, "[x] A\n[ ] B\n[x] C", ["0", "1", "2"], False),
        (TEXT, "bowline\nthe bowline", ["  The   BOWLINE. "], True),
        (TEXT, "bowline", ["bow line"], False),
        (TEXT, "bowline", [], False),
    ],
)
def test_answers_are_right_or_not(kind, answers, given, is_right):
    assert Question(kind=kind, answers=answers).is_right(given) is is_right


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        (SINGLE, "[x] A\n[x] B"),
        (SINGLE, "[ ] A\n[ ] B"),
        (SINGLE, "[x] A"),
        (SINGLE, "A\nB"),
        (MULTIPLE, "[ ] A\n[ ] B"),
        (TEXT, ""),
        (TEXT, "[x] A"),
    ],
)
def test_question_that_cannot_be_answered_is_refused(kind, answers):
    with pytest.raises(ValidationError):
        Question(kind=kind, answers=answers).clean()


def test_page_asks_and_tells_nothing_before_the_answer(visitor, lesson):
    create_question(lesson)
    create_question(lesson, kind=TEXT, answers="bowline")

    page = visitor.get(study(visitor, lesson)).content.decode()

    assert "What holds?" in page
    assert "A wish" in page
    assert "Friction" not in page
    assert "bowline" not in page
    assert "[x]" not in page
    assert 'id="mark-done"' not in page


def test_passing_counts_as_done_and_explains(visitor, lesson):
    question = create_question(lesson)
    path = study(visitor, lesson)

    visitor.post(f"{path}quiz/", {f"question-{question.pk}": "0"})

    assert LessonProgress.objects.filter(learner=visitor.learner, lesson=lesson).exists()
    assert Certificate.objects.filter(learner=visitor.learner).exists()
    page = visitor.get(path).content.decode()
    assert "Questions: passed" in page
    assert "Friction <em>does</em>." in page


def test_failing_explains_and_lets_one_try_again(visitor, lesson):
    question = create_question(lesson)
    path = study(visitor, lesson)

    visitor.post(f"{path}quiz/", {f"question-{question.pk}": "1"})
    page = visitor.get(path).content.decode()

    assert "0 of 1 answer is right." in page
    assert "Friction" in page
    assert "Answer:" not in page
    assert "Try again" in page
    assert not LessonProgress.objects.exists()


def test_lesson_with_questions_is_not_done_by_its_button(visitor, lesson):
    create_question(lesson)
    path = study(visitor, lesson)

    response = visitor.post(f"{path}completion/", {"done": "1"})

    assert visitor.is_sent_to(response) == f"{path}#quiz"
    assert not LessonProgress.objects.exists()


def test_pass_mark_is_the_lessons(browser, lesson):
    questions = [create_question(lesson) for _ in range(4)]
    path = study(browser, lesson)
    three = {f"question-{question.pk}": "0" for question in questions[:3]}
    lesson.pass_percent = 76
    lesson.save()

    browser.post(f"{path}quiz/", three)
    assert not LessonProgress.objects.exists()
    lesson.pass_percent = 75
    lesson.save()
    browser.post(f"{path}quiz/", three)

    assert LessonProgress.objects.exists()


def test_failed_attempts_are_kept_up_to_a_number_and_passing_is_for_ever(browser, lesson):
    question = create_question(lesson)
    path = study(browser, lesson)
    browser.post(f"{path}quiz/", {f"question-{question.pk}": "0"})
    for _ in range(KEPT + 3):
        browser.post(f"{path}quiz/", {f"question-{question.pk}": "1"})

    assert QuizAttempt.objects.filter(has_passed=False).count() == KEPT
    assert "Questions: passed" in browser.get(path).content.decode()


def test_guest_passes_in_their_browser(visitor, lesson):
    question = create_question(lesson)
    seat = create_seat(course=lesson.course)
    session = visitor.client.session
    session[SEATS] = [seat.pk]
    session.save()
    path = PATH.format(lesson.slug)

    visitor.post(f"{path}completion/", {"done": "1"})
    assert DONE not in visitor.client.session
    failed = visitor.post(f"{path}quiz/", {f"question-{question.pk}": "1"}).content.decode()
    assert "0 of 1 answer is right." in failed
    visitor.post(f"{path}quiz/", {f"question-{question.pk}": "0"})

    assert str(lesson.pk) in visitor.client.session[DONE]
    assert not QuizAttempt.objects.exists()


def test_answers_of_strangers_are_not_taken(visitor, lesson):
    question = create_question(lesson)
    visitor.sign_in()

    refused = visitor.post(PATH.format(lesson.slug) + "quiz/", {f"question-{question.pk}": "0"})

    assert visitor.is_sent_to(refused) == "/courses/knots/"
    assert not QuizAttempt.objects.exists()


def test_lesson_without_questions_takes_no_answers(visitor, lesson):
    assert visitor.post(study(visitor, lesson) + "quiz/", {}).status_code == 404
