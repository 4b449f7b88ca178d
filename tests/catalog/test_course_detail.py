"""The page of one course."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from catalog.models import CourseStatus
from tests.factories import (
    complete,
    create_course,
    create_learner,
    create_lesson,
    create_section,
    create_topic,
    enroll,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
MODES = pytest.mark.parametrize("headers", [{}, HTMX], ids=["browser", "htmx"])


@MODES
def test_course_detail_tells_what_one_gets(client, headers):
    course = create_course(
        title="Bread & Butter",
        summary="Bake it.",
        description="Flour, *water*.",
        outcomes=["Bake a loaf"],
        topics=[create_topic(name="Cooking")],
        price_minor=3900,
    )
    section = create_section(course=course, title="Dough")
    create_lesson(section=section, title="Mixing", minutes=12)

    response = client.get(course.get_absolute_url(), headers=headers)

    for text in ("Bread &amp; Butter", "Bake it.", "<em>water</em>", "Bake a loaf", "Cooking"):
        assertContains(response, text)
    for text in ("Dough", "Mixing", "12 min", "$39"):
        assertContains(response, text)
    assertContains(response, "<h1", count=1)
    assertContains(response, '<h1 lang="en">')
    assertContains(response, "<title>Bread &amp; Butter", count=1)
    assert "HX-Request" in response["Vary"]
    assert ("<!doctype html>" in response.content.decode()) is (not headers)


def test_course_detail_writes_titles_as_text(client):
    course = create_course(title="<script>alert(1)</script>", slug="script")

    response = client.get(course.get_absolute_url())

    assertNotContains(response, "<script>alert")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (CourseStatus.DRAFT, 404),
        (CourseStatus.UNLISTED, 200),
        (CourseStatus.PUBLISHED, 200),
        (CourseStatus.ARCHIVED, 200),
    ],
)
def test_course_detail_is_there_for_every_course_that_was_ever_sold(client, status, code):
    course = create_course(status=status)

    assert client.get(course.get_absolute_url()).status_code == code


def test_course_detail_does_not_sell_an_archived_course(client):
    course = create_course(status=CourseStatus.ARCHIVED)

    response = client.get(course.get_absolute_url())

    assertContains(response, "No longer for sale")
    assertNotContains(response, "Add to cart")


@pytest.mark.parametrize("lessons", [1, 30])
def test_course_detail_takes_five_queries_however_long_the_course(
    client, lessons, django_assert_num_queries
):
    course = create_course(lessons=lessons)

    # course, topics, sections, lessons, bundles that have it
    with django_assert_num_queries(5):
        client.get(course.get_absolute_url())


def test_course_detail_links_only_what_a_stranger_may_read(client):
    course = create_course()
    section = create_section(course=course)
    create_lesson(section=section, slug="open", is_preview=True)
    create_lesson(section=section, slug="closed")

    response = client.get(course.get_absolute_url())

    assertContains(response, f'href="{course.get_absolute_url()}?preview=open"', count=1)
    assertNotContains(response, "preview=closed")
    assertNotContains(response, f"/library/{course.slug}/")


def test_course_detail_lets_its_learner_go_on(client):
    course = create_course(lessons=3)
    first, second, _ = course.lessons.all()
    learner = create_learner()
    enroll(learner, course=course)
    complete(learner, first)
    client.force_login(learner)

    response = client.get(course.get_absolute_url())

    assertContains(response, "This course is yours.")
    assertContains(response, "1 of 3 lessons done")
    assertContains(response, f"Next: {second.title}")
    assertNotContains(response, "Add to cart")
