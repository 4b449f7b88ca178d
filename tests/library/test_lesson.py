"""A lesson to read."""

import pytest
from django.urls import reverse

from catalog.models import CourseStatus
from tests.factories import complete, create_course, create_lesson, create_section, enroll


@pytest.fixture
def course(db):
    """Return a course of two sections with three lessons."""
    course = create_course(title="Knots", slug="knots")
    section = create_section(course=course, title="Loops")
    create_lesson(section=section, title="Bowline", body="Over & *under*.", minutes=7)
    create_lesson(section=section, title="Figure eight")
    create_lesson(section=create_section(course=course), title="Clove hitch")
    return course


def test_lesson_has_its_address():
    assert reverse("library:lesson", args=["knots", "bowline"]) == "/library/knots/bowline/"


def test_lesson_shows_its_text_and_its_place(visitor, course):
    enroll(visitor.sign_in(), course=course)

    page = visitor.get("/library/knots/bowline/").content.decode()

    assert '<div class="prose"><p>Over &amp; <em>under</em>.</p>' in page
    assert "<h1>Bowline</h1>" in page
    assert "Loops" in page
    assert "7 min" in page
    assert "0 of 3 lessons done" in page
    assert page.count('aria-current="page"') == 1
    assert "data-quiet" in page
    assert ("<html" in page) is not visitor.uses_htmx
    assert page.count("<title>Bowline · Knots</title>") == 1


@pytest.mark.parametrize(
    ("slug", "previous", "following"),
    [
        ("bowline", None, "figure-eight"),
        ("figure-eight", "bowline", "clove-hitch"),
        ("clove-hitch", "figure-eight", None),
    ],
)
def test_lesson_leads_back_and_on_also_over_the_end_of_a_section(
    browser, course, slug, previous, following
):
    enroll(browser.sign_in(), course=course)
    complete(browser.learner, *course.lessons.all())

    page = browser.get(f"/library/knots/{slug}/").content.decode()

    assert links(page, 'rel="prev"') == ([previous] if previous else [])
    assert links(page, 'rel="next"') == ([following] if following else [])


def links(page, mark):
    """Return the lessons to which the links with that mark lead."""
    anchors = [tag.split(">")[0] for tag in page.split("<a\n")[1:]]
    return [tag.split('href="/library/knots/')[1].split("/")[0] for tag in anchors if mark in tag]


def test_lesson_at_the_end_leads_on_to_what_was_left_out(browser, course):
    enroll(browser.sign_in(), course=course)
    complete(browser.learner, course.lessons.get(slug="bowline"))

    page = browser.get("/library/knots/clove-hitch/").content.decode()

    assert links(page, 'rel="next"') == ["figure-eight"]
    assert "Still to do" in page


def test_lesson_at_the_end_does_not_lead_on_to_itself(browser, course):
    enroll(browser.sign_in(), course=course)
    complete(browser.learner, *course.lessons.exclude(slug="clove-hitch"))

    page = browser.get("/library/knots/clove-hitch/").content.decode()

    assert links(page, 'rel="next"') == []
    assert "Mark as done" in page


def test_lesson_says_so_when_everything_is_done(browser, course):
    enroll(browser.sign_in(), course=course)
    complete(browser.learner, *course.lessons.all())

    page = browser.get("/library/knots/clove-hitch/").content.decode()

    assert "You have finished Knots." in page
    assert "All 3 lessons done" in page


def test_lesson_to_try_shows_itself_and_what_else_there_is(visitor, course):
    create_lesson(section=course.sections.last(), title="Sheet bend", is_preview=True)
    course.lessons.filter(slug="bowline").update(is_preview=True)

    page = visitor.get("/library/knots/bowline/").content.decode()

    assert "<em>under</em>" in page
    assert links(page, 'class="outline-lesson"') == ["bowline", "sheet-bend"]
    assert page.count('class="outline-lesson is-locked"') == 2
    assert "See the whole course" in page
    assert "Mark as done" not in page
    assert 'id="progress"' not in page
    assert links(page, 'rel="next"') == []


def test_lesson_to_try_sets_no_cookie(visitor, course):
    course.lessons.update(is_preview=True)

    assert not visitor.get("/library/knots/bowline/").cookies


@pytest.mark.parametrize(
    ("status", "expected"),
    [("published", 200), ("unlisted", 200), ("archived", None), ("draft", 404)],
)
def test_lesson_to_try_is_there_while_the_course_is_sold(visitor, course, status, expected):
    course.lessons.update(is_preview=True)
    course.status = CourseStatus(status)
    course.save()

    response = visitor.get("/library/knots/bowline/")

    if expected is None:
        assert "/accounts/login/" in visitor.is_sent_to(response)
    else:
        assert response.status_code == expected


def test_lesson_sends_strangers_to_sign_in_and_back(visitor, course):
    response = visitor.get("/library/knots/bowline/")

    back = "%2Flibrary%2Fknots%2Fbowline%2F"
    assert visitor.is_sent_to(response) == f"/accounts/login/?next={back}"


def test_lesson_sends_people_without_a_seat_to_where_it_is_sold(visitor, course):
    visitor.sign_in()

    response = visitor.get("/library/knots/bowline/")

    assert visitor.is_sent_to(response) == "/courses/knots/"
    assert "under" not in response.content.decode()


def test_lesson_of_another_course_is_not_found_in_this_one(visitor, course):
    other = create_course(slug="other", lessons=1)
    enroll(visitor.sign_in(), course=course)
    enroll(visitor.learner, course=other)

    assert visitor.get(f"/library/knots/{other.lessons.get().slug}/").status_code == 404


@pytest.mark.parametrize("number", [2, 30])
def test_lesson_takes_as_many_queries_among_30_as_alone(visitor, django_assert_num_queries, number):
    course = create_course(slug="long", lessons=number)
    enroll(visitor.sign_in(), course=course)
    first = course.lessons.first()
    complete(visitor.learner, first)

    # The session, the person, the lesson, the seat, the outline, its questions, the note; the page
    # also its cart.
    with django_assert_num_queries(5 if visitor.uses_htmx else 6):
        visitor.get(f"/library/long/{first.slug}/")
