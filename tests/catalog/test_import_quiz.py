"""Terms of study and questions, as a course's folder tells them."""

from datetime import date

import pytest

from catalog.importing.front_matter import InvalidCourseFolder
from catalog.importing.import_folders import import_folders
from catalog.models import Course, Lesson, Section

pytestmark = pytest.mark.django_db

QUESTION = """
[quiz]
pass_percent = 60

[[quiz.questions]]
question = "What holds?"
answers = ["[x] Friction", "[ ] A wish"]
explanation = "*Always.*"
"""


@pytest.fixture
def write(tmp_path):
    def write_course(lesson=""):
        (tmp_path / "01-loops").mkdir(exist_ok=True)
        course = 'id = "c"\nslug = "knots"\ntitle = "Knots"\nsummary = "Tie."\ninstructor = "Ada"\n'
        files = {
            "course.md": f'{course}price = "9.00"\naccess_days = 30\n',
            "01-loops/section.md": 'id = "s"\ntitle = "Loops"\nopens_after_days = 7\n',
            "01-loops/01-reef.md": f'id = "l"\nslug = "reef"\ntitle = "Reef"\n{lesson}',
        }
        for name, front_matter in files.items():
            (tmp_path / name).write_text(f"+++\n{front_matter}+++\nText.\n")
        return [tmp_path]

    return write_course


def test_folder_tells_terms_and_questions(write):
    import_folders(write("opens_on = 2026-12-03\n" + QUESTION))

    lesson, section = Lesson.objects.get(), Section.objects.get()
    question = lesson.questions.get()
    assert Course.objects.get().access_days == 30
    assert (section.opens_after_days, lesson.opens_on) == (7, date(2026, 12, 3))
    assert (lesson.pass_percent, question.accepted) == (60, ["Friction"])


def test_questions_keep_their_rows_and_go_when_they_are_gone(write):
    import_folders(write(QUESTION))
    first = Lesson.objects.get().questions.get()

    assert import_folders(write(QUESTION))[0].changes == []
    import_folders(write(QUESTION.replace("What holds?", "What does hold?")))
    assert Lesson.objects.get().questions.get().pk == first.pk
    import_folders(write())
    assert not Lesson.objects.get().questions.exists()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[ ] A wish", "[x] A wish", "only one"),
        ("pass_percent = 60", "pass_percent = 0", "1 to 100"),
        ("explanation", "because", "because"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(write, old, new, problem):
    with pytest.raises(InvalidCourseFolder, match=problem):
        import_folders(write(QUESTION.replace(old, new)))
    assert not Course.objects.exists()
