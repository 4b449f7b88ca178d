"""Links and pictures in the texts of a course's folder."""

import pytest
from django.core.management import CommandError

from catalog.models import Illustration, Lesson
from tests.catalog.pictures import as_file, photograph
from tests.catalog.test_import_course import (
    edit,
    folder,  # noqa: F401  a fixture
    import_course,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def test_links_between_lessons_lead_to_their_pages(folder):  # noqa: F811
    edit(
        folder / "01-loops" / "01-bowline.md",
        "Read *this*.",
        "[Next](02-figure-eight.md), [later](../02-hitches/01-clove-hitch.md#the-end)."
        " `[x](02-figure-eight.md)`\n\n    [x](02-figure-eight.md)",
    )

    import_course(folder)

    lesson = Lesson.objects.get(slug="bowline")
    assert lesson.body == (
        "[Next](lesson:figure-eight), [later](lesson:clove-hitch#the-end)."
        " `[x](02-figure-eight.md)`\n\n    [x](02-figure-eight.md)"
    )
    assert 'href="/library/knots/figure-eight/"' in lesson.body_html
    assert 'href="/library/knots/clove-hitch/#text-the-end"' in lesson.body_html


def test_links_follow_a_course_to_its_new_address(folder):  # noqa: F811
    edit(folder / "01-loops" / "01-bowline.md", "Read *this*.", "[Next](02-figure-eight.md)")
    import_course(folder)

    edit(folder / "course.md", 'slug = "knots"', 'slug = "knots-2"')
    import_course(folder)

    html = Lesson.objects.get(slug="bowline").body_html
    assert 'href="/library/knots-2/figure-eight/"' in html


def test_pictures_come_with_the_folder(folder, django_capture_on_commit_callbacks, client):  # noqa: F811
    (folder / "images").mkdir()
    (folder / "images" / "knot.jpg").write_bytes(as_file(photograph(400, 300)).read())
    edit(
        folder / "01-loops" / "01-bowline.md", "Read *this*.", '![A knot](../images/knot.jpg "It")'
    )

    with django_capture_on_commit_callbacks(execute=True):
        assert "  + picture knot.jpg" in import_course(folder).splitlines()

    picture = Illustration.objects.get()
    lesson = Lesson.objects.get(slug="bowline")
    assert lesson.body == '![A knot](images/knot.jpg "It")'
    assert f'<figure><img src="{picture.url}" alt="A knot">' in lesson.body_html
    assert client.get(picture.url)["Content-Type"] == "image/webp"
    assert "nothing to change" in import_course(folder)


@pytest.mark.parametrize(
    "address", ["03-nowhere.md", "../images/none.jpg", "02-figure-eight", "lesson:none", "a%20b.md"]
)
def test_a_link_to_nowhere_is_refused_with_its_line(folder, address):  # noqa: F811
    path = folder / "01-loops" / "01-bowline.md"
    edit(path, "Read *this*.", f"Read\n\n[this]({address}).")

    with pytest.raises(CommandError) as refusal:
        import_course(folder)

    told = address.replace("%20", " ")
    assert str(refusal.value).startswith(f"{path}:") is True
    assert f"“{told}” names no lesson" in str(refusal.value)
    if "%" not in address:
        assert str(refusal.value).startswith(f"{path}:10: ")
