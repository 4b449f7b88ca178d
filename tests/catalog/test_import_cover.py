"""The cover of a course that is imported from a folder."""

from io import StringIO

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from catalog.models import Course
from catalog.pictures.kept import picture_name
from catalog.pictures.shapes import COVER
from tests.catalog.pictures import as_file, photograph

pytestmark = pytest.mark.django_db

COURSE = """+++
id = "c-1"
slug = "knots"
title = "Knots"
summary = "Tie twelve knots that hold."
instructor = "Mara Lind"
price = "39.00"
{more}
+++
"""


@pytest.fixture
def importing(tmp_path, media, django_capture_on_commit_callbacks):
    """Import the course with these lines in its front matter; return what the command says."""
    folder = tmp_path / "knots"
    folder.mkdir()
    (folder / "cover.jpg").write_bytes(as_file(photograph()).read())
    (folder / "broken.jpg").write_text("no picture")
    (tmp_path / "secret.jpg").write_bytes(as_file(photograph()).read())

    def run(more='cover = "cover.jpg"', **options):
        (folder / "course.md").write_text(COURSE.format(more=more))
        said = StringIO()
        with django_capture_on_commit_callbacks(execute=True):
            call_command("import_course", str(folder), stdout=said, **options)
        return said.getvalue()

    return run


def test_import_shows_the_picture_of_the_folder(importing, client):
    said = importing()

    course = Course.objects.get()
    assert course.picture_width == 1280
    assert default_storage.exists(picture_name(COVER, course.picture, 640))
    assert "cover cover.jpg" in said


def test_import_again_says_nothing_of_the_same_picture(importing):
    importing()

    assert "cover" not in importing()


def test_import_leaves_a_picture_of_which_the_folder_says_nothing(importing):
    importing()
    importing(more="")

    assert Course.objects.get().picture


def test_import_dry_run_writes_no_file(importing, media):
    said = importing(dry_run=True)

    assert "cover cover.jpg" in said
    assert list(media.rglob("*")) == []


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("broken.jpg", "broken.jpg: This is no picture that we can read."),
        ("nowhere.jpg", "There is no file “nowhere.jpg” beside it."),
        ("../secret.jpg", "There is no file “../secret.jpg” beside it."),
        ("", "There is no file “” beside it."),
        (".", "There is no file “.” beside it."),
    ],
)
def test_import_refuses_a_cover_that_is_none(importing, media, name, problem):
    with pytest.raises(CommandError, match=problem.replace(".", r"\.")):
        importing(more=f'cover = "{name}"')

    assert not Course.objects.exists()
    assert list(media.rglob("*")) == []
