"""Looking at a course as somebody else, on any day."""

from datetime import date, datetime, timedelta

import pytest
from django.core import signing
from django.db import connection
from django.utils import timezone

from catalog.models import CourseStatus
from library.models import CourseUpdate
from library.preview.mark import COOKIE
from tests.factories import (
    create_course,
    create_learner,
    create_lesson,
    create_question,
    create_staff,
    put_on_sale,
)
from tests.media import create_file

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
ONLY_LOOKING = "You are only looking: nothing is recorded."


def on(days):
    return TODAY + timedelta(days=days)


@pytest.fixture
def course():
    """A draft of a course whose second lesson opens a week after one has begun."""
    course = create_course(title="Knots", slug="knots", status=CourseStatus.DRAFT, access_days=30)
    reef = create_lesson(title="Reef", slug="reef", body="Right over left.")
    reef.section.course = course
    reef.section.save()
    reef.save()
    create_lesson(
        section=reef.section,
        title="Bowline",
        slug="bowline",
        body="Round the tree.",
        opens_after_days=7,
    )
    create_question(reef)
    create_file(reef, content=b"A pattern.")
    CourseUpdate.objects.create(course=course, title="A new knot")
    course.recount()
    return course


@pytest.fixture
def staff(visitor, course):
    visitor.sign_in(create_staff())
    return visitor


def look(visitor, role, *, day=TODAY, since=TODAY):
    response = visitor.post("/preview/knots/", {"role": role, "day": day, "since": since})
    assert visitor.is_sent_to(response) == "/courses/knots/"


def read(visitor, path):
    response = visitor.get(path)
    return response.content.decode() if response.status_code == 200 else response.status_code


def everything():
    """Return what all tables hold."""
    with connection.cursor() as cursor:
        held = {}
        for table in connection.introspection.table_names(cursor):
            rows = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM"
            cursor.execute(f'{rows} "{table}" AS t')
            held[table] = cursor.fetchone()
    return held


def test_visitors_see_a_draft_for_sale_and_none_of_its_lessons(staff):
    look(staff, "visitor", day=date(2027, 3, 3))

    page = read(staff, "/courses/knots/")
    lesson = staff.get("/library/knots/reef/")

    assert "You look at this course as a visitor on March 3, 2027." in page
    assert "Add to cart" in page
    assert staff.is_sent_to(lesson) == "/courses/knots/"
    assert staff.messages() == ["On that page they would be asked to sign in."]


@pytest.mark.parametrize("role", ["buyer", "guest"])
def test_lessons_open_to_who_has_it_on_their_day(staff, role):
    look(staff, role, day=on(6))
    before = read(staff, "/library/knots/bowline/")
    look(staff, role, day=on(7))
    after = read(staff, "/library/knots/bowline/")

    assert f"You look at this course as a {role} on" in before
    assert "Opens on" in before
    assert "Round the tree." not in before
    assert "Round the tree." in after
    assert "0 of 2 lessons done" in after


def test_access_ends_on_its_day(staff):
    look(staff, "buyer", day=on(29))
    before = read(staff, "/library/knots/reef/")
    look(staff, "buyer", day=on(30))
    after = staff.get("/library/knots/reef/")

    assert "Right over left." in before
    assert staff.is_sent_to(after) == "/courses/knots/"
    assert "Renew" in read(staff, "/courses/knots/")


def test_price_is_that_of_the_day(staff, course):
    course.publish()
    starts = timezone.make_aware(datetime.combine(on(10), datetime.min.time()))
    put_on_sale(course, 1900, starts_at=starts, ends_at=starts + timedelta(days=2))
    shown = []
    for day in (9, 10, 11, 12):
        look(staff, "visitor", day=on(day))
        shown.append("$19<" in read(staff, "/courses/knots/"))

    assert shown == [False, True, True, False]


def test_all_of_the_course_is_shown_and_nothing_recorded(staff, course):
    question = course.lessons.get(slug="reef").questions.get()
    file = course.lessons.get(slug="reef").files.get()
    pages = ["", "notes/", "updates/", "reef/", "reef/media/files/", f"reef/media/files/{file.pk}/"]
    writes = {
        "/library/knots/reef/completion/": {"done": "1"},
        "/library/knots/reef/note/": {"text": "Mine.", "version": "0"},
        "/library/knots/review/": {"rating": "5", "name": "Eve"},
        "/library/knots/certificate/": {"name": "Eve"},
        "/cart/items/": {"course": "knots"},
    }
    look(staff, "buyer")
    before = everything()

    for page in pages:
        assert staff.get(f"/library/knots/{page}").status_code == 200, page
    for path, data in writes.items():
        response = staff.post(path, data)
        told = response.content.decode() if staff.uses_htmx else "".join(staff.messages())
        assert ONLY_LOOKING in told, path
    answer = {f"question-{question.pk}": "0"}
    answered = staff.post("/library/knots/reef/quiz/", answer).content.decode()

    assert "Questions: passed" in answered
    assert everything() == before
    assert "0 of 2 lessons done" in read(staff, "/library/knots/")


def test_writing_as_oneself_is_recorded(staff, course):
    """Control: what the test above compares does change when nobody only looks."""
    before = everything()

    staff.post("/library/knots/reef/note/", {"text": "Mine.", "version": "0"})

    after = everything()
    assert {table for table in after if after[table] != before[table]} == {"library_note"}


def test_other_courses_are_as_always(staff):
    other = create_course(slug="other", lessons=1)
    look(staff, "visitor")

    page = staff.get("/library/other/")
    staff.post("/cart/items/", {"course": "other"})

    assert page.status_code == 200
    assert "You look at this course" not in page.content.decode()
    assert other.title in read(staff, "/cart/")


def test_leaving_shows_it_to_oneself(staff, course):
    look(staff, "visitor")
    response = staff.post("/preview/knots/", {"leave": "1"})

    assert staff.is_sent_to(response) == f"/admin/catalog/course/{course.pk}/change/"
    assert "You look at this course" not in read(staff, "/library/knots/reef/")
    assert read(staff, "/courses/knots/") == 404


def test_a_mark_is_good_for_who_writes_courses_alone(visitor, course):
    learner = visitor.sign_in(create_learner())
    days = [TODAY.isoformat(), TODAY.isoformat()]
    visitor.client.cookies[COOKIE] = signing.dumps(
        [course.pk, learner.pk, "buyer", *days], salt=COOKIE
    )
    marked = read(visitor, "/library/knots/reef/")
    visitor.sign_in(create_staff())
    of_somebody_else = read(visitor, "/library/knots/reef/")
    visitor.client.cookies[COOKIE] = "forged"
    forged = read(visitor, "/library/knots/reef/")

    assert marked == 404
    assert "You look at this course" not in of_somebody_else + forged
    assert visitor.get("/preview/knots/").status_code == 200


def test_learners_cannot_begin_it(visitor, course):
    visitor.sign_in(create_learner())

    assert visitor.get("/preview/knots/").status_code == 404
    assert visitor.post("/preview/knots/", {"role": "buyer"}).status_code == 404
    assert COOKIE not in visitor.client.cookies


def test_a_form_that_says_no_day_is_shown_again(staff):
    response = staff.post("/preview/knots/", {"role": "owner", "day": "", "since": "9999-99-99"})

    assert response.status_code == 422
    assert COOKIE not in staff.client.cookies
