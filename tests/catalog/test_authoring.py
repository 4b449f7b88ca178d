"""What helps staff to write a course."""

import pytest

from catalog.checklist import remarks_on
from catalog.duplicating import duplicate
from catalog.models import Course, CourseStatus, Lesson, Question
from tests.catalog.test_course_admin import COURSES, course, page_of, staff  # noqa: F401
from tests.factories import create_course, create_lesson, create_section, enroll


def act(staff, name, course, place="list"):  # noqa: F811
    url, prefix = (COURSES, "") if place == "list" else (page_of(course), "CHANGE_FORM-")
    form = {f"{prefix}action": name, "_selected_action": [course.pk]}
    return staff.post(url, form, follow=True)


def test_a_text_is_shown_before_it_is_saved(staff, course, client):  # noqa: F811
    lesson = course.lessons.first()
    form = {"shown": "body", "body": "Over *under*, [on](lesson:a) <b>"}
    form["section"] = lesson.section_id

    page = staff.get(page_of(lesson)).content.decode()
    shown = staff.post(f"{COURSES}text/", form).content.decode()

    assert f'formaction="{COURSES}text/"' in page
    assert "<p>Over <em>under</em>, " in shown
    assert 'href="/library/knots/a/"' in shown
    assert "<b>" not in shown
    assert staff.get(f"{COURSES}text/").status_code == 405
    assert client.post(f"{COURSES}text/", form).status_code == 302
    lesson.refresh_from_db()
    assert lesson.body == "Read *this*."


@pytest.mark.django_db
def test_the_checklist_names_what_is_missing():
    course = create_course(price_minor=0)  # noqa: F811
    section = create_section(course=course)
    create_lesson(section=section, title="Empty", body=" ", minutes=0)
    create_lesson(section=section, title="Dead", body="[a](lesson:b) ![](images/c.jpg)")

    musts = [remark.text for remark in remarks_on(course) if remark.is_must]
    shoulds = [remark.text for remark in remarks_on(course) if not remark.is_must]

    assert musts == [
        "Lessons without a text or a video: “Empty”.",
        "“lesson:b” in “Dead” leads nowhere.",
        "“images/c.jpg” in “Dead” leads nowhere.",
    ]
    assert shoulds == [
        "It is free. Is that meant?",
        "It has no description.",
        "It does not say what learners will be able to do.",
        "It has no picture of its own; the drawn cover stands in.",
        "Lessons that do not say how long they take: “Empty”.",
        "Pictures without words for people who cannot see them: “Dead”.",
    ]


@pytest.mark.parametrize("place", ["list", "page"])
@pytest.mark.parametrize("action", ["publish", "unlist"])
def test_a_course_without_what_it_needs_is_not_published(staff, course, action, place):  # noqa: F811
    Lesson.objects.filter(title="Bowline").update(body="")

    assert "is not ready" in act(staff, action, course, place).content.decode()
    course.refresh_from_db()
    assert course.status == CourseStatus.DRAFT

    Lesson.objects.filter(title="Bowline").update(body="Read.")
    assert "could be better" in act(staff, action, course, place).content.decode()
    course.refresh_from_db()
    assert course.status != CourseStatus.DRAFT


def test_a_duplicate_is_a_draft_of_its_own(staff):  # noqa: F811
    original = create_course(slug="knots", title="Knots", sale_price_minor=100)
    Course.objects.filter(pk=original.pk).update(source_id="c-1")
    section = create_section(course=original, title="Loops")
    lesson = create_lesson(section=section, slug="bowline", body="[self](lesson:bowline)")
    Question.objects.create(lesson=lesson, text="Why?", answers="[x] So\n[ ] No")
    enroll(course=original)

    response = act(staff, "duplicate_course", original)

    copy = Course.objects.exclude(pk=original.pk).get()
    assert response.redirect_chain[-1][0] == page_of(copy)
    assert (copy.slug, copy.title, copy.status) == ("knots-copy", "Knots (copy)", "draft")
    assert (copy.source_id, copy.sale_price_minor, copy.published_at) == (None, None, None)
    assert (copy.lesson_count, copy.minutes) == (1, 10)
    assert 'href="/library/knots-copy/bowline/"' in copy.lessons.get().body_html
    assert copy.lessons.get().questions.get().text == "Why?"
    assert not copy.enrollments.exists()
    original.refresh_from_db()
    assert (original.lesson_count, original.source_id) == (1, "c-1")
    assert duplicate(original).slug == "knots-copy-2"
