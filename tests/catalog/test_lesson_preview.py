"""A lesson to try, before buying."""

import re

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from catalog.models import CourseStatus, Lesson
from tests.factories import create_course, create_learner, create_lesson, create_section, enroll

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
    assertContains(response, '<h1 lang="en" dir="auto">')
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


@pytest.mark.parametrize("more", [0, 300])
def test_lesson_preview_takes_four_queries_however_long_the_course(
    client, more, django_assert_num_queries
):
    course = create_previewed_course()
    section = course.sections.get()
    Lesson.objects.bulk_create(
        Lesson(course=course, section=section, slug=f"l{n}", title="More", is_preview=n % 2)
        for n in range(more)
    )

    with django_assert_num_queries(4):
        client.get(course.get_absolute_url(), {"preview": "open"})


def test_lesson_preview_says_where_one_is(client):
    course = create_course()
    for title in ("Flour", "Oven"):
        section = create_section(course=course, title=title)
        create_lesson(section=section)
        create_lesson(section=section, slug=title.lower(), title=title, is_preview=True, minutes=7)

    response = client.get(course.get_absolute_url(), {"preview": "oven"})

    assertContains(response, "<span>Lesson 4 of 4</span>", html=True)
    assertContains(response, '<bdi lang="en">Oven</bdi>')
    assertContains(response, "7 min")
    assertContains(
        response,
        f'rel="canonical" href="http://localhost:8000{course.get_absolute_url()}?preview=oven"',
    )


def test_lesson_preview_leads_on_to_the_next_and_back_to_the_course(client):
    section = create_section()
    for slug in ("one", "two", "three"):
        create_lesson(section=section, slug=slug, title=f"Preview {slug}", is_preview=True)
    section.course.refresh_from_db()
    url = section.course.get_absolute_url()

    def leads_to(slug):
        page = client.get(url, {"preview": slug}).content.decode()
        article, _, aside = page.partition('class="preview-next"')
        return (
            re.findall(r'href="[^"]*preview=(\w+)"', article.partition("</article>")[2]),
            re.findall(r'href="[^"]*preview=(\w+)"', aside),
            f'href="{url}"' in aside,
        )

    assert leads_to("one") == (["two"], ["three"], True)
    assert leads_to("two") == (["three"], ["one"], True)
    assert leads_to("three") == ([], ["one", "two"], True)


def test_lesson_preview_ends_with_the_buy_box(client):
    course = create_previewed_course()

    page = client.get(course.get_absolute_url(), {"preview": "open"}).content.decode()

    aside = page.partition('class="preview-next"')[2]
    assert "$39" in aside
    assert 'name="seats"' in aside
    assert "Read a lesson first" not in page


def test_lesson_preview_lets_its_learner_go_on(client):
    course, learner = create_previewed_course(), create_learner()
    enroll(learner, course=course)
    client.force_login(learner)

    response = client.get(course.get_absolute_url(), {"preview": "open"})

    assertContains(response, "This course is yours.")
    assertNotContains(response, "$39")
