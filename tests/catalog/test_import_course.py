"""Courses from folders: what is created, changed, kept and refused."""

import re
import tomllib
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Course, CourseStatus, Instructor, Lesson, Section, Topic
from library.models import LessonProgress
from tests.factories import complete, create_course, create_learner, create_lesson

pytestmark = pytest.mark.django_db

COURSE = """
id = "c-1"
slug = "knots"
title = "Knots"
summary = "Tie twelve knots that hold."
level = "intermediate"
language = "de"
topics = ["Outdoors", "Craft"]
instructor = "Mara Lind"
instructor_bio = "Sails."
price = "39.00"
sale_price = "29.50"
sale_starts = 2026-11-20T00:00:00+01:00
sale_ends = 2026-12-01T00:00:00+01:00
hue = 210
outcomes = ["Tie a bowline", "Untie it again"]
status = "published"
"""


@pytest.fixture
def folder(tmp_path):
    """Hold a course of two sections with three lessons."""
    folder = tmp_path / "knots"
    write(folder / "course.md", COURSE, "All about *knots*.")
    write(
        folder / "01-loops" / "section.md", 'id = "s-1"\ntitle = "Loops"', "Knots that\nstay open."
    )
    write_lesson(folder / "01-loops" / "01-bowline.md", "l-1", slug="bowline", minutes=10)
    write_lesson(folder / "01-loops" / "02-figure-eight.md", "l-2", slug="figure-eight", minutes=5)
    write(folder / "02-hitches" / "section.md", 'id = "s-2"\ntitle = "Hitches"')
    write_lesson(folder / "02-hitches" / "01-clove-hitch.md", "l-3", slug="clove-hitch", minutes=0)
    return folder


def write(path, front_matter, body=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"+++\n{front_matter.strip()}\n+++\n{body}\n")


def write_lesson(path, lesson_id, *, slug, title="", minutes=5, preview=False, body="Read *this*."):
    front_matter = f"""
id = "{lesson_id}"
slug = "{slug}"
title = "{title or slug.capitalize()}"
minutes = {minutes}
preview = {str(preview).lower()}
"""
    write(path, front_matter, body)


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def import_and_remark(*folders, **options):
    """Import, and return what is said, with what the courses lack."""
    out = StringIO()
    call_command("import_course", *folders, stdout=out, no_color=True, **options)
    return out.getvalue()


def import_course(*folders, **options):
    """Import, and return what is said of the changes."""
    lines = import_and_remark(*folders, **options).splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("  ? "))


def outline():
    """Return what the one course consists of, with the rows' pks."""
    return [
        (section.title, [(lesson.slug, lesson.pk) for lesson in section.lessons.all()])
        for section in Section.objects.all()
    ]


def everything():
    tables = (Course, Section, Lesson, Topic, Instructor)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_import_creates_the_course_that_the_folder_tells(folder):
    import_course(folder)

    course = Course.objects.get()
    assert {
        "source_id": "c-1",
        "slug": "knots",
        "title": "Knots",
        "summary": "Tie twelve knots that hold.",
        "description": "All about *knots*.",
        "description_html": "<p>All about <em>knots</em>.</p>\n",
        "level": "intermediate",
        "language": "de",
        "price_minor": 3900,
        "sale_price_minor": 2950,
        "sale_starts_at": datetime(2026, 11, 19, 23, tzinfo=UTC),
        "sale_ends_at": datetime(2026, 11, 30, 23, tzinfo=UTC),
        "compare_at_minor": None,
        "currency": settings.SHOP_CURRENCY,
        "hue": 210,
        "outcomes": ["Tie a bowline", "Untie it again"],
        "status": "published",
        "lesson_count": 3,
        "minutes": 15,
    }.items() <= vars(course).items()
    assert course.published_at is not None
    assert sorted(topic.name for topic in course.topics.all()) == ["Craft", "Outdoors"]
    assert (course.instructor.name, course.instructor.bio) == ("Mara Lind", "Sails.")


def test_import_says_what_a_course_lacks(folder):
    said = import_and_remark(folder)

    assert "  ? No lesson can be read before buying." in said


def test_import_lists_no_course_that_lacks_what_is_a_must(folder):
    write(folder / "01-loops" / "03-empty.md", 'id = "l-9"\ntitle = "Empty"\nslug = "empty"')

    with pytest.raises(CommandError, match=r"status: It cannot be published like this\. .*“Empty”"):
        import_course(folder)
    assert not Course.objects.exists()

    edit(folder / "course.md", '"published"', '"draft"')
    assert "  ? Lessons without a text or a video: “Empty”." in import_and_remark(folder)


def test_import_keeps_the_order_of_the_file_names(folder):
    write_lesson(folder / "01-loops" / "10-last.md", "l-10", slug="last")
    import_course(folder)

    assert [(title, [slug for slug, _ in lessons]) for title, lessons in outline()] == [
        ("Loops", ["bowline", "figure-eight", "last"]),
        ("Hitches", ["clove-hitch"]),
    ]
    assert Section.objects.get(title="Loops").summary == "Knots that stay open."


def test_import_fills_in_what_is_left_out(folder):
    front_matter = """
id = "c-1"
slug = "knots"
title = "Knots"
summary = "So."
instructor = "Mara"
price = "0"
"""
    write(folder / "course.md", front_matter)
    import_course(folder)

    course = Course.objects.get()
    assert (course.status, course.level, course.language) == ("draft", "beginner", "en")
    assert (course.price_minor, course.sale_price_minor, course.outcomes) == (0, None, [])
    assert (course.published_at, list(course.topics.all())) == (None, [])


def test_import_again_writes_nothing(folder):
    import_course(folder)
    before = everything()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        said = import_course(folder)

    verbs = {query["sql"].split()[0] for query in queries}
    assert verbs == {"SAVEPOINT", "SELECT", "RELEASE"}
    assert everything() == before
    assert said == "Knots: nothing to change\n"


def test_import_keeps_rows_and_progress_over_renames_and_moves(folder):
    import_course(folder)
    before = dict(lesson for _, lessons in outline() for lesson in lessons)
    learner = create_learner()
    complete(learner, *Lesson.objects.all())

    (folder / "01-loops" / "01-bowline.md").unlink()
    write_lesson(folder / "02-hitches" / "02-the-king.md", "l-1", slug="king-of-knots", minutes=10)
    import_course(folder)

    assert outline() == [
        ("Loops", [("figure-eight", before["figure-eight"])]),
        ("Hitches", [("clove-hitch", before["clove-hitch"]), ("king-of-knots", before["bowline"])]),
    ]
    assert LessonProgress.objects.filter(learner=learner).count() == 3


def test_import_lets_two_lessons_exchange_their_slugs(folder):
    import_course(folder)
    before = dict(lesson for _, lessons in outline() for lesson in lessons)

    edit(folder / "01-loops" / "01-bowline.md", 'slug = "bowline"', 'slug = "figure-eight"')
    edit(folder / "01-loops" / "02-figure-eight.md", 'slug = "figure-eight"', 'slug = "bowline"')
    import_course(folder)

    after = dict(lesson for _, lessons in outline() for lesson in lessons)
    assert after == {
        "bowline": before["figure-eight"],
        "figure-eight": before["bowline"],
        "clove-hitch": before["clove-hitch"],
    }


def test_import_tells_what_changed(folder):
    import_course(folder)
    edit(folder / "course.md", "39.00", "45.00")
    edit(folder / "course.md", 'topics = ["Outdoors", "Craft"]', 'topics = ["Craft"]')
    edit(folder / "course.md", "Tie a bowline", "Tie a good bowline")
    edit(folder / "course.md", '"published"', '"archived"')
    edit(folder / "01-loops" / "01-bowline.md", "minutes = 10", "minutes = 12")
    write_lesson(folder / "01-loops" / "01-a-start.md", "l-4", slug="a-start")
    (folder / "02-hitches" / "section.md").unlink()
    (folder / "02-hitches" / "01-clove-hitch.md").unlink()
    (folder / "02-hitches").rmdir()

    assert import_course(folder).splitlines() == [
        "Knots",
        "  ~ course: outcomes changed, price 39.00 → 45.00",
        "  ~ status Published → Archived",
        "  ~ topics: Craft",
        "  - lesson “Clove-hitch”",
        "  + lesson “A-start”",
        "  ~ lesson “Bowline”: minutes 10 → 12",
        "  - section “Hitches”",
        "  ~ 1 in another place among their neighbors",
    ]
    course = Course.objects.get()
    assert (course.status, course.price_minor) == (CourseStatus.ARCHIVED, 4500)
    assert (course.lesson_count, course.minutes) == (3, 22)


def test_import_keeps_lessons_that_somebody_has_done(folder):
    import_course(folder)
    learner = create_learner()
    complete(learner, Lesson.objects.get(slug="clove-hitch"))
    for name in ("section.md", "01-clove-hitch.md"):
        (folder / "02-hitches" / name).unlink()
    (folder / "02-hitches").rmdir()
    (folder / "01-loops" / "02-figure-eight.md").unlink()

    assert import_course(folder).splitlines() == [
        "Knots",
        "  - lesson “Figure-eight”",
        "  ! lesson “Clove-hitch” is gone from the folder, but in use: kept",
        "  ! section “Hitches” is gone from the folder, but in use: kept",
    ]
    assert [(title, [slug for slug, _ in lessons]) for title, lessons in outline()] == [
        ("Loops", ["bowline"]),
        ("Hitches", ["clove-hitch"]),
    ]
    assert LessonProgress.objects.filter(learner=learner).count() == 1
    assert Course.objects.get().lesson_count == 2


def test_import_leaves_what_was_made_by_hand(folder):
    import_course(folder)
    course = Course.objects.get()
    by_hand = create_lesson(section=Section.objects.get(title="Loops"), slug="by-hand")
    course.unlist()
    edit(folder / "course.md", 'status = "published"\n', "")

    import_course(folder)

    course.refresh_from_db()
    assert course.status == CourseStatus.UNLISTED
    assert Lesson.objects.filter(pk=by_hand.pk).exists()


def test_import_finds_topics_and_instructors_that_are_there(folder):
    Topic.objects.create(name="outdoors", slug="outdoors")
    Topic.objects.create(name="Crafts!", slug="craft")
    Instructor.objects.create(name="Mara Lind", bio="Old.")

    import_course(folder)

    assert sorted(Topic.objects.values_list("name", "slug")) == [
        ("Craft", "craft-2"),
        ("Crafts!", "craft"),
        ("outdoors", "outdoors"),
    ]
    assert list(Instructor.objects.values_list("name", "bio")) == [("Mara Lind", "Sails.")]


def test_import_leaves_an_instructor_of_whom_the_folder_says_nothing(folder):
    Instructor.objects.create(name="Mara Lind", bio="Old.")
    edit(folder / "course.md", 'instructor_bio = "Sails."\n', "")

    import_course(folder)

    assert Instructor.objects.get().bio == "Old."


def test_import_dry_run_tells_and_takes_back(folder):
    import_course(folder)
    before = everything()
    edit(folder / "01-loops" / "01-bowline.md", "minutes = 10", "minutes = 12")

    assert import_course(folder, dry_run=True).splitlines() == [
        "Knots",
        "  ~ lesson “Bowline”: minutes 10 → 12",
        "This was a dry run: nothing was changed.",
    ]
    assert everything() == before


def test_import_takes_several_folders(folder, tmp_path):
    other = copy_course(folder, tmp_path / "splices", id="c-2", slug="splices")

    import_course(folder, other)

    assert set(Course.objects.values_list("slug", "lesson_count")) == {("knots", 3), ("splices", 3)}


def copy_course(folder, to, *, id, slug):
    for path in folder.rglob("*.md"):
        copy = to / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    edit(to / "course.md", 'id = "c-1"', f'id = "{id}"')
    edit(to / "course.md", 'slug = "knots"', f'slug = "{slug}"')
    return to


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (
            "course.md",
            'title = "Knots"',
            "title = Knots",
            "The front matter is not TOML: Invalid value (at line 4, column 9)",
        ),
        ("course.md", "+++\nid", "id", "Front matter between two lines of +++ is missing."),
        ("course.md", "+++\nAll", "All", "Front matter between two lines of +++ is missing."),
        ("course.md", 'title = "Knots"\n', "", "Missing key “title”."),
        ("course.md", 'title = "Knots"', 'title = ""', "title is empty."),
        ("course.md", "hue = 210", 'hue = "210"', "hue must be a whole number."),
        ("course.md", "hue = 210", "hue = 360", "hue must be 0 to 359."),
        ("course.md", "hue = 210", "hue = true", "hue must be a whole number."),
        ("course.md", '"39.00"', "39.00", 'price must be text in quotes, such as "this".'),
        (
            "course.md",
            '"39.00"',
            '"39.001"',
            "price: '39.001' is not an amount that can be paid in USD.",
        ),
        ("course.md", '"39.00"', '"free"', "price: 'free' is not an amount of money."),
        (
            "course.md",
            '"39.00"',
            '"-1.00"',
            "price: Ensure this value is greater than or equal to 0.",
        ),
        ("course.md", '"29.50"', '"39.00"', "sale_price must be lower than price."),
        ("course.md", 'sale_price = "29.50"', "", "A sale needs a sale_price."),
        ("course.md", "2026-12-01", "2026-11-01", "sale_starts must be before sale_ends."),
        (
            "course.md",
            "00:00:00+01:00",
            "00:00:00",
            "sale_starts needs its time zone, such as 2026-11-30T23:00:00Z.",
        ),
        (
            "course.md",
            "2026-12-01T00:00:00+01:00",
            '"soon"',
            "sale_ends must be a moment, such as 2026-11-30T23:00:00Z.",
        ),
        ("course.md", '"intermediate"', '"guru"', "level: Value 'guru' is not a valid choice."),
        (
            "course.md",
            '"published"',
            '"sold"',
            "status must be one of draft, published, unlisted, archived.",
        ),
        (
            "course.md",
            '"Outdoors", "Craft"',
            '"Outdoors", 1',
            'topics must be a list of texts, such as ["this", "that"].',
        ),
        (
            "course.md",
            'slug = "knots"',
            'slug = "all knots"',
            "slug: Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
        ),
        (
            "01-loops/section.md",
            'title = "Loops"',
            'titel = "Loops"',
            "Unknown key “titel”. Known are id, title, opens_after_days, opens_on.",
        ),
        (
            "02-hitches/section.md",
            '"s-2"',
            '"s-1"',
            "The id “s-1” is that of {folder}/01-loops/section.md already.",
        ),
        (
            "02-hitches/01-clove-hitch.md",
            '"l-3"',
            '"l-1"',
            "The id “l-1” is that of {folder}/01-loops/01-bowline.md already.",
        ),
        (
            "02-hitches/01-clove-hitch.md",
            '"clove-hitch"',
            '"bowline"',
            "The slug “bowline” is that of {folder}/01-loops/01-bowline.md already.",
        ),
        (
            "01-loops/01-bowline.md",
            "minutes = 10",
            "minutes = -1",
            "minutes: Ensure this value is greater than or equal to 0.",
        ),
        (
            "01-loops/01-bowline.md",
            '"Bowline"',
            f'"{"x" * 121}"',
            "title: Ensure this value has at most 120 characters (it has 121).",
        ),
    ],
)
def test_import_refuses_a_bad_file_and_names_it(folder, file, old, new, problem):
    edit(folder / file, old, new)

    with pytest.raises(CommandError) as refusal:
        import_course(folder)

    told = re.sub(r"^(.*?\.md):\d+: ", r"\1: ", str(refusal.value))
    assert told == f"{folder / file}: {problem}".replace("{folder}", str(folder))
    assert everything() == [[], [], [], [], []]


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("course.md", "This file is missing."),
        ("01-loops/section.md", "This file is missing."),
    ],
)
def test_import_refuses_a_folder_in_which_a_file_is_missing(folder, file, problem):
    (folder / file).unlink()

    with pytest.raises(CommandError, match=f"^{folder / file}: {problem}$"):
        import_course(folder)

    assert not Course.objects.exists()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("01-stray.md", "Beside course.md there are only folders such as 01-basics."),
        ("loops/section.md", "Beside course.md there are only folders such as 01-basics."),
        ("01-loops/overhand.md", "Beside section.md there are only files such as 01-hello.md."),
        ("01-loops/03-more/a.md", "Beside section.md there are only files such as 01-hello.md."),
    ],
)
def test_import_refuses_what_lies_in_a_wrong_place(folder, file, expected):
    write(folder / file, 'id = "x"\ntitle = "X"')

    with pytest.raises(CommandError, match=expected):
        import_course(folder)

    assert not Course.objects.exists()


def test_import_passes_over_other_files(folder):
    (folder / "notes.txt").write_text("To do.")
    (folder / ".DS_Store").write_bytes(b"\0")

    import_course(folder)

    assert Course.objects.get().lesson_count == 3


@pytest.mark.parametrize("content", [b"+++\nid = \xff\n+++\n", b"+++\nid = 'a\0'\n+++\n"])
def test_import_refuses_what_is_not_text(folder, content):
    (folder / "course.md").write_bytes(content)

    with pytest.raises(CommandError, match=r"course\.md: This is not"):
        import_course(folder)


def test_import_refuses_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="There is no such folder"):
        import_course(tmp_path / "nowhere")


def test_import_writes_nothing_if_one_of_several_folders_is_bad(folder, tmp_path):
    other = copy_course(folder, tmp_path / "splices", id="c-2", slug="splices")
    edit(other / "02-hitches" / "01-clove-hitch.md", "minutes = 0", "minutes = -1")

    with pytest.raises(CommandError, match=f"{other}/02-hitches/01-clove-hitch.md:5: minutes"):
        import_course(folder, other)

    assert everything() == [[], [], [], [], []]


@pytest.mark.parametrize("by_hand", [True, False])
def test_import_refuses_a_slug_that_another_course_has(folder, tmp_path, by_hand):
    if by_hand:
        create_course(slug="knots", title="Knots by hand")
    else:
        import_course(copy_course(folder, tmp_path / "other", id="c-2", slug="knots"))
    before = everything()

    with pytest.raises(CommandError, match="The slug “knots” is taken by “Knots"):
        import_course(folder)

    assert everything() == before


def test_import_refuses_two_folders_with_one_id(folder, tmp_path):
    other = copy_course(folder, tmp_path / "other", id="c-1", slug="other")

    with pytest.raises(CommandError, match="The id “c-1” is that of"):
        import_course(folder, other)


def test_import_refuses_two_texts_about_one_instructor(folder, tmp_path):
    other = copy_course(folder, tmp_path / "other", id="c-2", slug="other")
    edit(other / "course.md", "Sails.", "Knits.")

    with pytest.raises(CommandError, match=r"instructor_bio: .* says something else about Mara"):
        import_course(folder, other)


def test_import_refuses_the_slug_of_a_lesson_that_it_keeps(folder):
    import_course(folder)
    complete(create_learner(), Lesson.objects.get(slug="bowline"))
    before = everything()
    edit(folder / "01-loops" / "01-bowline.md", 'id = "l-1"', 'id = "l-9"')

    with pytest.raises(CommandError, match="The slug “bowline” is that of “Bowline”, which is not"):
        import_course(folder)

    assert everything() == before


def test_import_never_makes_a_course_a_draft_again(folder):
    import_course(folder)
    edit(folder / "course.md", '"published"', '"draft"')

    with pytest.raises(CommandError, match="status: “Knots” cannot become a draft again"):
        import_course(folder)

    assert Course.objects.get().status == CourseStatus.PUBLISHED


def test_import_takes_the_demo_courses():
    folders = sorted(
        path.parent for path in (settings.BASE_DIR / "catalog/demo_courses").glob("*/course.md")
    )
    assert len(folders) == 3

    import_course(*folders)

    for folder in folders:
        course = Course.objects.get(slug=folder.name)
        front_matter = (folder / "course.md").read_text().split("+++")[1]
        assert course.title == tomllib.loads(front_matter)["title"]
        assert course.lesson_count == len(list(folder.glob("*/[0-9]*.md")))
        assert course.is_for_sale
    assert import_course(*folders).count("nothing to change") == 3


def test_import_leaves_a_sale_alone_that_the_folder_does_not_tell_of(folder):
    for line in COURSE.strip().splitlines():
        if line.startswith("sale_"):
            edit(folder / "course.md", line + "\n", "")
    import_course(folder)
    course = Course.objects.get()
    course.sale_price_minor = 1900
    course.save()

    edit(folder / "course.md", '"39.00"', '"38.00"')
    import_course(folder)
    assert Course.objects.values_list("price_minor", "sale_price_minor").get() == (3800, 1900)

    edit(folder / "course.md", '"38.00"', '"19.00"')
    with pytest.raises(CommandError, match="Change the sale first"):
        import_course(folder)
    assert Course.objects.get().price_minor == 3800
