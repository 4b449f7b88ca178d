"""A lesson to try, before buying."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from catalog.models import CourseStatus
from tests.factories import create_course, create_lesson, create_section

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def create_previewed_course(**course):
    section = create_section(course=create_course(**course))
    create_lesson(section=section, slug="open", title="Open", body="Read *this*.", is_preview=True)
    create_lesson(section=section, slug="also", title="Also open", is_preview=True)
    create_lesson(section=section, slug="closed", body="Paid for.")
    section.course.refresh_from_db()
    return section.course


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["browser", "htmx"])
def test_lesson_preview_shows_the_lesson_in_the_stage(client, headers):
    course = create_previewed_course()

    response = client.get(course.get_absolute_url(), {"preview": "open"}, headers=headers)

    assertContains(response, "Read <em>this</em>.")
    assertContains(response, "That was one of 3 lessons.")
    assertContains(response, "Add to cart")
    assertContains(response, f'href="{course.get_absolute_url()}?preview=also"', count=1)
    assertContains(response, "<h1", count=1)
    assertContains(response, '<h1 lang="en">')
    assertContains(response, "<title>Open", count=1)
    assert "HX-Request" in response["Vary"]
    assert ("<!doctype html>" in response.content.decode()) is (not headers)


@pytest.mark.parametrize("slug", ["closed", "nowhere", "", "OPEN"])
def test_lesson_preview_is_only_of_what_is_free(client, slug):
    course = create_previewed_course()

    response = client.get(course.get_absolute_url(), {"preview": slug})

    assert response.status_code == 404
    assert "Paid for." not in response.content.decode()


def test_lesson_preview_does_not_lend_a_lesson_of_another_course(client):
    create_previewed_course()

    response = client.get(create_course().get_absolute_url(), {"preview": "open"})

    assert response.status_code == 404


def test_lesson_preview_of_a_draft_is_not_there(client):
    course = create_previewed_course(status=CourseStatus.DRAFT)

    response = client.get(course.get_absolute_url(), {"preview": "open"})

    assert response.status_code == 404


def test_lesson_preview_sells_nothing_that_is_not_for_sale(client):
    course = create_previewed_course(status=CourseStatus.ARCHIVED)

    response = client.get(course.get_absolute_url(), {"preview": "open"})

    assertContains(response, "Read <em>this</em>.")
    assertNotContains(response, "Add to cart")
    assertNotContains(response, "$39")


def test_lesson_preview_takes_two_queries(client, django_assert_num_queries):
    course = create_previewed_course()

    with django_assert_num_queries(2):
        client.get(course.get_absolute_url(), {"preview": "open"})
