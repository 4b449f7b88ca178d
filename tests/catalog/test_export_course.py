"""Courses that become folders, and courses again."""

import tempfile
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from catalog.exporting import export_course
from catalog.importing import InvalidCourseFolder, import_folders
from catalog.importing.folder import read_course
from catalog.markdown import rewrite_addresses, tidied
from catalog.models import Course, Lesson, Question, Section
from tests.catalog.test_import_course import COURSE, import_course, write, write_lesson
from tests.factories import create_course, create_lesson, create_section, create_topic

DEMO = sorted(path.parent for path in settings.BASE_DIR.glob("catalog/demo_courses/*/course.md"))


def export(slug, folder):
    out = StringIO()
    call_command("export_course", slug, folder, stdout=out)
    return out.getvalue()


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Course.topics.through, Section, Lesson)
    ] + [list(Course.objects.values("title", "description_html", "source_id", "price_minor"))]


@pytest.mark.django_db
@pytest.mark.parametrize("demo", DEMO, ids=lambda path: path.name)
def test_a_demo_course_comes_back_as_it_was(demo, tmp_path):
    import_course(demo)
    before = everything()
    export(demo.name, tmp_path / "out")

    assert "nothing to change" in import_course(tmp_path / "out")
    assert everything() == before
    assert export(demo.name, tmp_path / "out").endswith(": 0 files changed.\n")

    Course.objects.all().delete()
    import_course(tmp_path / "out")
    assert {**everything()[3][0]} == {**before[3][0]}


@pytest.mark.django_db
def test_a_course_written_in_the_admin_comes_back_with_its_ids(tmp_path):
    course = create_course(
        title='Knots "and" \\ 結び\x7f',
        slug="knots",
        description="\n\n    code\r\nend \r\n",
        outcomes=["One, well", '"Two"'],
        status="draft",
    )
    course.topics.add(create_topic(name="Craft"))
    first = create_section(course=course, title="結び")
    create_section(course=course, title="Empty", summary="a  b")
    create_lesson(section=first, slug="bowline", opens_on=date(2027, 1, 2))
    other = create_lesson(section=first, slug="hitch")
    Question.objects.create(
        lesson=other, position=7, text="Why?", answers="[x] So\r\n[ ] No", explanation=" *Yes* "
    )
    Section.objects.filter(pk=first.pk).update(position=30_001)
    Lesson.objects.filter(pk=other.pk).update(
        position=0, body="See [this](lesson:bowline#end).\r\n+++\r\n"
    )

    export("knots", tmp_path)

    assert "See [this](02-bowline.md#end)." in (tmp_path / "02-section/01-hitch.md").read_text()
    ids = list(Lesson.objects.order_by("pk").values_list("pk", "source_id"))
    assert all(source_id for _, source_id in ids)
    assert "nothing to change" in import_course(tmp_path)
    assert list(Lesson.objects.order_by("pk").values_list("pk", "source_id")) == ids


@pytest.mark.django_db
def test_export_keeps_other_peoples_folders(tmp_path):
    create_course(slug="knots", title="Knots")
    (tmp_path / "letter.txt").write_text("Dear")

    with pytest.raises(CommandError, match="is not empty, and not the folder of “Knots”"):
        export("knots", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.django_db
def test_export_brings_its_own_folder_up_to_date(tmp_path):
    course = create_course(slug="knots")
    section = create_section(course=course, title="Loops")
    lesson = create_lesson(section=section, slug="bowline")
    export("knots", tmp_path)
    (tmp_path / "01-loops" / "draft.txt").write_text("To do")

    lesson.refresh_from_db()
    lesson.slug = "king"
    lesson.save()

    assert export("knots", tmp_path).splitlines()[:2] == [
        "  01-loops/01-bowline.md",
        "  01-loops/01-king.md",
    ]
    assert sorted(path.name for path in (tmp_path / "01-loops").iterdir()) == [
        "01-king.md",
        "draft.txt",
        "section.md",
    ]


@pytest.mark.django_db
def test_export_refuses_a_course_that_could_not_be_imported_again(tmp_path):
    section = create_section(course=create_course(slug="knots"))
    create_lesson(section=section, title="Bowline", body="[a](lesson:none) ![b](images/none.jpg)")

    with pytest.raises(CommandError, match="“lesson:none” in lesson “Bowline” leads nowhere"):
        export("knots", tmp_path / "out")

    assert not (tmp_path / "out").exists()


LINES = st.lists(
    st.text(max_size=12)
    | st.sampled_from(
        ['id = "l-1"', 'title = "\\u0000"', "minutes = 99999999", "opens_on = 0001-01-01", "+++",
         "minutes = true", 'slug = "ä"', 'slug = "bowline"', 'title = "T"', 'id = ""', "[x]",
         'price = "NaN"', 'price = "1e99999"', 'price = "1"', "cover = 1", 'cover = "../x"',
         "sale_starts = 0001-01-01T00:00:00+14:00", 'sale_price = "0"', "hue = -1",
         "[a](../x.md)", "![a](../images/)", "[a](//[)", "[a](lesson:x)"]
    ),
    max_size=8,
).map("\n".join)  # fmt: skip


@pytest.mark.django_db
@examples(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=LINES, place=st.sampled_from(["course", "lesson"]))
def test_no_folder_fails_but_with_a_reason(lines, place):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "course.md", COURSE + (lines if place == "course" else ""))
        write(folder / "01-a" / "section.md", 'id = "s-1"\ntitle = "A"')
        write_lesson(folder / "01-a" / "01-b.md", "l-1", slug="b")
        if place == "lesson":
            (folder / "01-a" / "02-c.md").write_bytes(
                f"+++\n{lines}\n+++\n{lines}".encode(errors="surrogatepass")
            )
        try:
            import_folders([folder], dry_run=True)
        except InvalidCourseFolder as error:
            told = str(error)
        else:
            told = str(folder)
        assert told.startswith(str(folder))


BODIES = st.lists(
    st.sampled_from(["[a](lesson:b)", "[c]: lesson:b#d", "`", "``", "    ", "\n", "```\n", "> ",
                     "![x](https://a.example/y.png)", "\\", "](lesson:b)", "\u2028", "+++\n", "- "])
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4),
    max_size=12,
).map("".join)  # fmt: skip


@pytest.mark.django_db
@examples(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=BODIES)
def test_nothing_is_lost_on_the_way(body):
    course = create_course()
    section = create_section(course=course)
    create_lesson(section=section, slug="b")
    lesson = create_lesson(section=section, body=body)
    with tempfile.TemporaryDirectory() as name:
        export_course(course, Path(name))
        written = read_course(Path(name)).sections[0].lessons
        assert [text.values["body"] for text in written if text.values["slug"] == lesson.slug] == [
            tidied(body)
        ]
    assert rewrite_addresses(body, lambda address: None) == body
