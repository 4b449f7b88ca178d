"""Courses as staff write them."""

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Course, CourseStatus, Instructor, Lesson, Section, Topic
from library.models import LessonProgress
from tests.factories import (
    complete,
    create_course,
    create_instructor,
    create_learner,
    create_lesson,
    create_section,
    create_staff,
    create_topic,
    enroll,
)

COURSES = "/admin/catalog/course/"
LESSONS = "/admin/catalog/lesson/"


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(create_staff())
    return client


@pytest.fixture
def course(db):
    """Return a course of two sections with three lessons."""
    course = create_course(
        title="Knots", slug="knots", outcomes=["Tie one, well", "Untie it"], status="draft"
    )
    loops, hitches = (create_section(course=course, title=title) for title in ("Loops", "Hitches"))
    create_lesson(section=loops, title="Bowline", minutes=10)
    create_lesson(section=loops, title="Figure eight", minutes=5)
    create_lesson(section=hitches, title="Clove hitch", minutes=5)
    course.refresh_search()
    return course


def page_of(row):
    return reverse(f"admin:catalog_{row._meta.model_name}_change", args=[row.pk])


def filled_in(staff, url):
    """Return what the form at ``url`` would send if it were sent unchanged."""
    context = staff.get(url).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data = {}
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                data[field.html_name] = [row.pk for row in value] if is_rows(value) else value
    return data


def is_rows(value):
    return isinstance(value, list) and all(hasattr(row, "pk") for row in value)


def with_row(data, prefix, *, position="", **values):
    """Add a row to an inline, as its button does."""
    values["position"] = position
    number = int(data[f"{prefix}-TOTAL_FORMS"])
    added = {f"{prefix}-{number}-{name}": value for name, value in values.items()}
    return {**data, **added, f"{prefix}-TOTAL_FORMS": number + 1}


def save(staff, url, data):
    """Send the form; return the errors that the page then shows."""
    response = staff.post(url, data)
    if response.status_code == 302:
        return []
    formsets = response.context["inline_admin_formsets"]
    return list(response.context["errors"]) or formsets


def outline(course):
    sections = Section.objects.filter(course=course)
    return [(part.title, [lesson.title for lesson in part.lessons.all()]) for part in sections]


def test_course_page_saved_unchanged_changes_nothing(staff, course):
    course.topics.add(create_topic())
    course.refresh_search()
    before = [list(table.objects.values()) for table in (Section, Lesson, Topic)]
    kept = Course.objects.values(*UNTOUCHED).get()

    assert save(staff, page_of(course), filled_in(staff, page_of(course))) == []

    assert [list(table.objects.values()) for table in (Section, Lesson, Topic)] == before
    assert Course.objects.values(*UNTOUCHED).get() == kept


UNTOUCHED = [
    field.name for field in Course._meta.concrete_fields if field.name not in ("updated_at",)
]


def test_course_page_creates_a_draft_with_its_sections(staff):
    instructor, topic = create_instructor(), create_topic()
    data = {
        "title": "Ropes",
        "slug": "ropes",
        "summary": "All about ropes.",
        "price_minor": "39.50",
        "description": "Made of *hemp*.",
        "outcomes": "Splice, and whip\n\n Coil ",
        "instructor": instructor.pk,
        "topics": [topic.pk],
        "level": "advanced",
        "language": "en",
        "hue": "200",
        "sections-TOTAL_FORMS": 0,
        "sections-INITIAL_FORMS": 0,
    }
    data = with_row(data, "sections", title="First")
    data = with_row(data, "sections", title="Second", summary="On more.")

    assert save(staff, f"{COURSES}add/", data) == []

    course = Course.objects.get()
    assert (course.status, course.currency, course.published_at) == ("draft", "usd", None)
    assert (course.price_minor, course.sale_price_minor) == (3950, None)
    assert course.outcomes == ["Splice, and whip", "Coil"]
    assert course.description_html == "<p>Made of <em>hemp</em>.</p>\n"
    assert list(course.topics.all()) == [topic]
    assert list(course.sections.values_list("position", "title", "summary")) == [
        (1, "First", ""),
        (2, "Second", "On more."),
    ]


def test_course_page_offers_lessons_once_there_is_a_section(staff):
    course = create_course()
    formsets = staff.get(page_of(course)).context["inline_admin_formsets"]
    assert [inline.formset.prefix for inline in formsets] == ["sections"]

    create_section(course=course)
    formsets = staff.get(page_of(course)).context["inline_admin_formsets"]
    assert [inline.formset.prefix for inline in formsets] == [
        "sections",
        "lessons",
        "illustrations",
    ]


def test_course_page_adds_lessons_at_the_end_and_counts_them(staff, course):
    hitches = course.sections.get(title="Hitches")
    data = filled_in(staff, page_of(course))
    for title in ("Half hitch", "Midshipman"):
        slug = title.lower().replace(" ", "-")
        data = with_row(
            data, "lessons", section=hitches.pk, title=title, slug=slug, minutes=20, is_preview="on"
        )

    assert save(staff, page_of(course), data) == []

    assert outline(course) == [
        ("Loops", ["Bowline", "Figure eight"]),
        ("Hitches", ["Clove hitch", "Half hitch", "Midshipman"]),
    ]
    course.refresh_from_db()
    assert (course.lesson_count, course.minutes) == (5, 60)
    assert Lesson.objects.get(title="Half hitch").is_preview is True


def test_course_page_leaves_the_position_of_a_new_row_open(staff, course):
    for inline in staff.get(page_of(course)).context["inline_admin_formsets"][:2]:
        assert inline.formset.empty_form["position"].value() is None


def test_course_page_moves_lessons_and_sections(staff, course):
    hitches = course.sections.get(title="Hitches")
    data = filled_in(staff, page_of(course))
    data["sections-0-position"], data["sections-1-position"] = 2, 1
    data["lessons-0-section"] = hitches.pk
    data["lessons-0-position"] = 0

    assert save(staff, page_of(course), data) == []

    assert outline(course) == [("Hitches", ["Bowline", "Clove hitch"]), ("Loops", ["Figure eight"])]


def test_course_page_takes_no_section_of_another_course(staff, course):
    other = create_section()
    data = filled_in(staff, page_of(course))
    data["lessons-0-section"] = other.pk

    assert save(staff, page_of(course), data) != []

    assert outline(course)[0] == ("Loops", ["Bowline", "Figure eight"])


def test_course_page_lists_only_sections_of_the_course(staff, course):
    create_section(title="Elsewhere")

    page = staff.get(page_of(course)).content.decode()

    assert "Elsewhere" not in page


def test_course_page_keeps_a_section_that_holds_lessons(staff, course):
    data = filled_in(staff, page_of(course))
    data["sections-0-DELETE"] = "on"

    assert "“Loops” still has lessons." in str(save(staff, page_of(course), data))
    assert Lesson.objects.count() == 3


def test_course_page_removes_an_empty_section(staff, course):
    create_section(course=course, title="Empty")
    data = filled_in(staff, page_of(course))
    data["sections-2-DELETE"] = "on"

    assert save(staff, page_of(course), data) == []
    assert [title for title, _ in outline(course)] == ["Loops", "Hitches"]


def test_course_page_lets_no_lesson_be_deleted_in_passing(staff, course):
    data = filled_in(staff, page_of(course))
    data["lessons-0-DELETE"] = "on"

    save(staff, page_of(course), data)

    assert Lesson.objects.count() == 3


@pytest.mark.parametrize(
    ("typed", "minor"), [("39", 3900), ("39.5", 3950), ("0", 0), ("1234567.89", 123456789)]
)
def test_course_page_takes_the_price_as_a_decimal(staff, course, typed, minor):
    data = filled_in(staff, page_of(course))

    assert save(staff, page_of(course), {**data, "price_minor": typed}) == []
    assert Course.objects.get().price_minor == minor


@pytest.mark.parametrize("typed", ["", "39.001", "-1", "free", "NaN", "12345678901"])
def test_course_page_refuses_a_price_that_is_none(staff, course, typed):
    data = filled_in(staff, page_of(course))

    assert save(staff, page_of(course), {**data, "price_minor": typed}) != []
    assert Course.objects.get().price_minor == 3900


def test_course_page_shows_the_price_as_a_decimal(staff, course):
    Course.objects.update(price_minor=3950, sale_price_minor=2900)

    data = filled_in(staff, page_of(course))

    assert (str(data["price_minor"]), str(data["sale_price_minor"])) == ("39.50", "29.00")


SALE = {
    "sale_price_minor": "29.00",
    "sale_starts_at_0": "2026-11-20",
    "sale_starts_at_1": "00:00",
    "sale_ends_at_0": "2026-12-01",
    "sale_ends_at_1": "00:00",
}


def test_course_page_takes_a_sale(staff, course):
    data = {**filled_in(staff, page_of(course)), **SALE}

    assert save(staff, page_of(course), data) == []

    course = Course.objects.get()
    assert course.sale_price_minor == 2900
    assert (course.sale_starts_at.isoformat(), course.sale_ends_at.isoformat()) == (
        "2026-11-20T00:00:00+00:00",
        "2026-12-01T00:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sale_price_minor": "39.00"}, "It must be lower than the price"),
        ({"sale_price_minor": ""}, "Give the sale a price"),
        ({"sale_ends_at_0": "2026-11-20"}, "A sale ends after it has started"),
    ],
)
def test_course_page_refuses_a_sale_that_is_none(staff, course, changes, why):
    data = {**filled_in(staff, page_of(course)), **SALE, **changes}

    assert why in str(save(staff, page_of(course), data))
    assert Course.objects.get().sale_price_minor is None


def test_course_page_refuses_two_lessons_with_one_slug(staff, course):
    data = filled_in(staff, page_of(course))
    data["lessons-0-slug"] = "figure-eight"

    assert save(staff, page_of(course), data) != []
    assert Lesson.objects.filter(slug="bowline").exists()


def test_course_page_notes_only_what_changed(staff, course):
    data = {**filled_in(staff, page_of(course)), "title": "Better knots"}

    save(staff, page_of(course), data)

    history = staff.get(f"{COURSES}{course.pk}/history/").context["action_list"]
    assert [entry.get_change_message() for entry in history] == ["Changed Title."]


@pytest.mark.parametrize(
    ("origin", "action", "expected", "says"),
    [
        ("draft", "publish", "published", "“Knots” is now published."),
        ("published", "unlist", "unlisted", "“Knots” is now unlisted."),
        ("unlisted", "archive", "archived", "“Knots” is now archived."),
        ("draft", "archive", "draft", "“Knots” cannot become archived."),
        ("published", "publish", "published", None),
    ],
)
@pytest.mark.parametrize("place", ["list", "page"])
def test_course_actions_move_it(staff, course, place, origin, action, expected, says):
    Course.objects.update(status=origin)
    url = COURSES if place == "list" else page_of(course)
    prefix = "" if place == "list" else "CHANGE_FORM-"

    response = staff.post(
        url, {f"{prefix}action": action, "_selected_action": course.pk}, follow=True
    )

    course.refresh_from_db()
    assert course.status == expected
    told = [str(message) for message in response.context["messages"]]
    assert [text for text in told if "could be better" not in text] == ([says] if says else [])


def test_course_status_is_not_typed(staff, course):
    save(staff, page_of(course), {**filled_in(staff, page_of(course)), "status": "published"})

    assert Course.objects.get().status == CourseStatus.DRAFT


def test_course_list_shows_price_status_lessons_and_learners(staff, course):
    enroll(course=course)
    enroll(course=course)
    enroll(course=course, status="suspended")
    enroll(course=course, status="revoked")
    enroll()

    response = staff.get(f"{COURSES}?q=knots")

    cells = response.content.decode().split('id="result_list"')[1]
    assert "$39" in cells
    assert "Draft" in cells
    assert 'class="field-lessons">3<' in cells
    assert ">2</a></td>" in cells
    assert response.context["cl"].result_count == 1


def test_course_list_finds_by_title_and_instructor(staff, course):
    other = create_course(instructor=create_instructor(name="Mara Lind"))

    for words, expected in [("knots", [course]), ("mara", [other]), ("nothing", [])]:
        found = staff.get(f"{COURSES}?q={words}").context["cl"].result_list
        assert list(found) == expected


@pytest.mark.parametrize("number", [1, 30])
def test_course_list_takes_as_many_queries_for_30_as_for_one(
    staff, django_assert_num_queries, number
):
    for _ in range(number):
        enroll(course=create_course(lessons=1))

    # Session, person, topics to filter by, two counts, and the courses with all that is shown.
    with django_assert_num_queries(6):
        staff.get(COURSES)


@pytest.mark.parametrize("number", [1, 30])
def test_course_page_takes_as_many_queries_for_30_lessons_as_for_one(
    staff, django_assert_num_queries, number
):
    course = create_course(lessons=number)
    staff.get(page_of(course))  # which fills the cache of content types

    # Session, person, course; whether there are sections; sections to choose from; the rows of
    # all three inlines; the instructor, and the topics; what the checklist looks at.
    with django_assert_num_queries(11):
        staff.get(page_of(course))


def test_lesson_page_saves_what_it_says_and_leads_back(staff, course):
    lesson = course.lessons.get(title="Bowline")
    data = {**filled_in(staff, page_of(lesson)), "body": "Over *under*.", "minutes": 12}

    response = staff.post(page_of(lesson), data)

    assert response["Location"] == page_of(course)
    lesson.refresh_from_db()
    assert lesson.body_html == "<p>Over <em>under</em>.</p>\n"
    course.refresh_from_db()
    assert course.minutes == 22


def test_lesson_page_offers_the_sections_of_its_course(staff, course):
    elsewhere = create_section()
    lesson = course.lessons.first()
    data = {**filled_in(staff, page_of(lesson)), "section": elsewhere.pk}

    assert save(staff, page_of(lesson), data) != []
    assert Lesson.objects.get(pk=lesson.pk).course == course


def test_lesson_deleted_shows_what_is_lost_and_is_counted(staff, course):
    lesson = course.lessons.get(title="Bowline")
    complete(create_learner(email="ada@example.com"), lesson)

    page = staff.get(f"{LESSONS}{lesson.pk}/delete/").content.decode()
    assert "ada@example.com: Bowline" in page
    staff.post(f"{LESSONS}{lesson.pk}/delete/", {"post": "yes"})

    course.refresh_from_db()
    assert (course.lesson_count, course.minutes) == (2, 10)
    assert not LessonProgress.objects.exists()


def test_lessons_deleted_together_are_counted(staff, course):
    chosen = list(course.lessons.values_list("pk", flat=True)[:2])

    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    staff.post(LESSONS, data)

    course.refresh_from_db()
    assert (course.lesson_count, course.minutes) == (1, 5)


@pytest.mark.parametrize("number", [1, 30])
def test_lesson_list_takes_as_many_queries_for_30_as_for_one(
    staff, django_assert_num_queries, number
):
    create_course(lessons=number)

    # Session, person, two counts, and the lessons with their courses and sections.
    with django_assert_num_queries(5):
        staff.get(LESSONS)


def test_course_page_leads_to_where_it_is_studied(staff, course):
    lesson = course.lessons.get(title="Bowline")

    assert f'href="/library/{course.slug}/"' in staff.get(page_of(course)).content.decode()
    assert staff.get("/library/knots/").status_code == 200
    assert 'href="/library/knots/bowline/"' in staff.get(page_of(lesson)).content.decode()


@pytest.mark.parametrize(
    "path", [COURSES, LESSONS, "/admin/catalog/topic/", "/admin/catalog/instructor/"]
)
def test_catalog_in_the_admin_is_for_staff(path, db):
    client = Client()
    client.force_login(create_learner())

    assert client.get(path).status_code == 302
    assert client.get(f"{path}add/").status_code == 302


def test_topics_and_instructors_are_written(staff):
    assert save(staff, "/admin/catalog/topic/add/", {"name": "Sea", "slug": "sea"}) == []
    assert save(staff, "/admin/catalog/instructor/add/", {"name": "Mara", "bio": ""}) == []

    assert Topic.objects.get().name == "Sea"
    assert Instructor.objects.get().name == "Mara"
