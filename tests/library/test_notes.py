"""What learners write down beside lessons."""

import pytest

from library.models import Note
from library.my_data import collect_notes
from tests.factories import create_course, create_lesson, create_section, enroll

NOTE = "/library/knots/reef/note/"


@pytest.fixture
def lesson(db):
    section = create_section(course=create_course(title="Knots", slug="knots"))
    return create_lesson(section=section, slug="reef", title="Reef")


def study(visitor, lesson):
    return enroll(visitor.sign_in(), course=lesson.course)


def write(visitor, text, *, version=0):
    return visitor.post(NOTE, {"text": text, "version": version})


def test_note_is_kept_as_it_is_typed(visitor, lesson):
    study(visitor, lesson)

    write(visitor, "Left over right.")
    write(visitor, "Left over right,\r\nright over left.", version=1)

    assert Note.objects.get().text == "Left over right,\nright over left."
    page = visitor.get("/library/knots/reef/").content.decode()
    assert "right over left." in page
    assert 'name="version" value="2"' in page


def test_autosave_answers_with_the_next_version_and_nothing_else(htmx, lesson):
    study(htmx, lesson)

    answer = write(htmx, "Left.").content.decode()

    assert 'name="version" value="1"' in answer
    assert "Saved." in answer
    assert "<textarea" not in answer


@pytest.mark.parametrize("version", [0, 1, 7])
def test_older_window_overwrites_nothing_and_loses_nothing(visitor, lesson, version):
    study(visitor, lesson)
    write(visitor, "First.")
    write(visitor, "Second.", version=1)

    answer = write(visitor, "From another window.", version=version)

    assert Note.objects.get().text == "Second."
    assert "Not saved" in answer.content.decode()
    assert ("From another window." in answer.content.decode()) is not visitor.uses_htmx


def test_notes_are_listed_and_safe_and_times_lead_into_the_video(visitor, lesson):
    study(visitor, lesson)
    write(visitor, "[1:02:03] *there* <script>alert(1)</script> [x](javascript:alert(1))")

    page = visitor.get("/library/knots/notes/").content.decode()

    assert '<a href="/library/knots/reef/?t=3723"' in page
    assert "<em>there</em>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_notes_are_taken_along_as_a_file_also_after_access(browser, lesson):
    seat = study(browser, lesson)
    write(browser, "Left over right.")
    seat.revoke()

    file = browser.get("/library/knots/notes.md")

    assert file.content.decode() == "# Knots\n\n## Reef\n\nLeft over right.\n"
    assert file["Content-Disposition"] == 'attachment; filename="knots-notes.md"'
    assert browser.get("/library/knots/notes/").status_code == 200
    assert collect_notes(browser.learner)[0]["text"] == "Left over right."


def test_notes_are_nobody_elses(visitor, lesson):
    study(visitor, lesson)
    write(visitor, "My secret.")
    study(visitor, lesson)

    for path in ("/library/knots/notes/", "/library/knots/notes.md", "/library/knots/reef/"):
        assert "My secret." not in visitor.get(path).content.decode()


def test_who_may_not_study_writes_nothing(visitor, lesson):
    visitor.sign_in()

    assert visitor.is_sent_to(write(visitor, "Mine.")) == "/courses/knots/"
    assert not Note.objects.exists()


def test_note_that_is_too_long_is_refused(htmx, lesson):
    study(htmx, lesson)

    assert "too long" in write(htmx, "x" * 20_001).content.decode()
    assert not Note.objects.exists()
