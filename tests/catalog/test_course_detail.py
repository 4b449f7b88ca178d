"""The page of one course."""

import re

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from catalog.models import Course, CourseStatus, Lesson
from tests.factories import (
    complete,
    create_course,
    create_instructor,
    create_learner,
    create_lesson,
    create_section,
    create_topic,
    enroll,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
MODES = pytest.mark.parametrize("headers", [{}, HTMX], ids=["browser", "htmx"])


def create_long_course(lessons):
    """Create a course of sections of 25 lessons."""
    course = create_course()
    for first in range(0, lessons, 25):
        section = create_section(course=course)
        Lesson.objects.bulk_create(
            Lesson(course=course, section=section, slug=f"l{n}", title=f"Lesson {n}", position=n)
            for n in range(first, min(first + 25, lessons))
        )
    course.recount()
    return course


def opened(page):
    """Return whether each section of the curriculum is open."""
    curriculum = page[page.index('class="contents"') :]
    return [
        "open" in attributes.split() for attributes in re.findall(r"<details([^>]*)>", curriculum)
    ]


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
    assertContains(response, '<h1 lang="en" dir="auto">')
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


@pytest.mark.parametrize(("lessons", "others"), [(1, 0), (1, 1), (300, 30)])
def test_course_detail_takes_six_queries_however_long_the_course(
    client, lessons, others, django_assert_num_queries
):
    course = create_long_course(lessons)
    for _ in range(others):
        create_course(instructor=course.instructor)

    with django_assert_num_queries(6):
        client.get(course.get_absolute_url())


@pytest.mark.parametrize(("lessons", "others"), [(1, 0), (1, 1), (300, 30)])
def test_course_detail_takes_eleven_queries_for_its_learner(
    client, lessons, others, django_assert_num_queries
):
    course, learner = create_long_course(lessons), create_learner()
    for _ in range(others):
        enroll(learner, course=create_course(instructor=course.instructor))
    enroll(learner, course=course)
    client.force_login(learner)

    with django_assert_num_queries(11):
        client.get(course.get_absolute_url())


def test_course_detail_links_only_what_a_stranger_may_read(client):
    course = create_course()
    section = create_section(course=course)
    create_lesson(section=section, slug="open", is_preview=True)
    create_lesson(section=section, slug="closed")

    response = client.get(course.get_absolute_url())

    assertContains(response, f'href="{course.get_absolute_url()}?preview=open"', count=2)
    assertContains(response, "Read a lesson first")
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


def test_course_detail_links_to_the_exact_next_lesson(client):
    course, learner = create_long_course(40), create_learner()
    enroll(learner, course=course)
    complete(learner, *(lesson for lesson in course.lessons.all() if lesson.slug != "l30"))
    client.force_login(learner)

    page = client.get(course.get_absolute_url()).content.decode()

    assert f'href="/library/{course.slug}/l30/"' in page
    assert "Next: Lesson 30" in page
    assert opened(page) == [False, True]


def test_course_detail_tells_its_learner_that_all_is_done(client):
    course, learner = create_long_course(2), create_learner()
    enroll(learner, course=course)
    complete(learner, *course.lessons.all())
    client.force_login(learner)

    response = client.get(course.get_absolute_url())

    assertContains(response, "You have finished it.")
    assertContains(response, "Open course")
    assertNotContains(response, "Next:")


@pytest.mark.parametrize(
    ("lessons", "expected"), [(15, [True]), (16, [False]), (30, [False, False])]
)
def test_course_detail_opens_a_curriculum_that_is_short(client, lessons, expected):
    page = client.get(create_long_course(lessons).get_absolute_url()).content.decode()

    assert opened(page) == expected


def test_course_detail_opens_the_first_section_of_a_long_curriculum(client):
    course = create_course()
    for _ in range(4):
        section = create_section(course=course)
        for _ in range(5):
            create_lesson(section=section)
    create_section(course=course, title="Without a lesson yet")

    page = client.get(course.get_absolute_url()).content.decode()

    assert opened(page) == [True, False, False, False]
    assert "Without a lesson yet" not in page
    assert "4 sections" in page
    assert "20 lessons" in page
    assert "3 h 20 min" in page


def test_course_detail_says_that_nothing_is_written_yet(client):
    response = client.get(create_course(title="Soon").get_absolute_url())

    assertContains(response, "Its lessons are still being written.")
    assertNotContains(response, "Contents</h2>")
    assertNotContains(response, "0 lessons")
    assertNotContains(response, "What you will be able to do")


def test_course_detail_tells_what_is_included(client):
    course = create_course(language="id")
    section = create_section(course=course)
    create_lesson(section=section, minutes=50, is_preview=True)
    create_lesson(section=section, minutes=75)

    response = client.get(course.get_absolute_url())

    for text in (
        "2 lessons, 2 h 5 min",
        "1 lesson to read before you buy",
        "In Indonesian",
        "Level: Beginner",
        "Opens the moment you have paid",
        "Yours to keep, with no subscription",
    ):
        assertContains(response, f"<span>{text}</span>", html=True)
    assertNotContains(response, "ertificate")


@pytest.mark.parametrize("language", ["xx", "", "nonsens", "-", "../.."])
def test_course_detail_shows_a_language_that_nobody_knows_as_it_is(client, language):
    response = client.get(create_course(language=language).get_absolute_url())

    assertContains(response, f"In {language}")


@pytest.mark.parametrize(("days", "words"), [(14, "14 days"), (1, "1 day"), (30, "30 days")])
def test_course_detail_promises_the_money_back(client, settings, days, words):
    settings.REFUND_DAYS = days

    response = client.get(create_course().get_absolute_url())

    assertContains(response, f"<li>Your money back within {words}</li>", html=True)
    assertContains(response, f"Answer the mail with your receipt within {words}, and")


@pytest.mark.parametrize(
    ("days", "course"),
    [(0, {}), (14, {"price_minor": 0}), (14, {"status": CourseStatus.ARCHIVED})],
    ids=["no days", "free", "archived"],
)
def test_course_detail_promises_nothing_else(client, settings, days, course):
    settings.REFUND_DAYS = days

    response = client.get(create_course(**course).get_absolute_url())

    assertNotContains(response, "money back")


def test_course_detail_of_an_archived_course_tells_no_price(client):
    response = client.get(create_course(status=CourseStatus.ARCHIVED).get_absolute_url())

    assertContains(response, "Those who have it keep it.")
    assertNotContains(response, "$39")
    assertNotContains(response, "buy-bar")


def test_course_detail_introduces_who_teaches(client):
    instructor = create_instructor(name="Ada")
    instructor.bio = "Ada wrote <programs>.\nFor engines."
    instructor.save()

    response = client.get(create_course(instructor=instructor).get_absolute_url())

    assertContains(response, "Ada wrote &lt;programs&gt;.<br>For engines.")
    assertContains(response, "Who teaches")


def test_course_detail_says_nothing_of_somebody_unknown(client):
    assertNotContains(client.get(create_course().get_absolute_url()), "Who teaches")


@pytest.mark.parametrize(
    ("language", "title"), [("ar", "النجوم فوق المدينة"), ("zh-hans", "从零开始做面包")]
)
def test_course_detail_lets_every_script_run_its_own_way(client, language, title):
    course = create_course(title=title, slug="script", language=language)

    page = client.get(course.get_absolute_url()).content.decode()

    assert f'<h1 lang="{language}" dir="auto">{title}</h1>' in page


def test_course_detail_offers_seats_for_a_team(client):
    course = create_course(slug="knots")

    response = client.get(course.get_absolute_url())

    assertContains(response, 'name="seats"', count=1)
    assertContains(response, "you hand out the others by link")
    assertContains(response, 'form="buy-form-knots"', count=1)


# What else there is


def related_to(client, course):
    """Return the titles under "More like this", in their order."""
    page = client.get(course.get_absolute_url()).content.decode()
    _, _, related = page.partition('id="related-heading"')
    return re.findall(r'<h3>\s*<a[^>]*>\s*<bdi lang="en">([^<]*)</bdi>', related)


def test_related_courses_share_a_topic_or_the_instructor(client):
    cooking, sailing = create_topic(name="Cooking"), create_topic(name="Sailing")
    course = create_course(topics=[cooking])
    create_course(title="Same topic", topics=[cooking, sailing])
    create_course(title="Same instructor", instructor=course.instructor)
    create_course(title="Neither", topics=[sailing])
    create_course(title="Draft", topics=[cooking], status=CourseStatus.DRAFT)
    create_course(title="Unlisted", topics=[cooking], status=CourseStatus.UNLISTED)
    create_course(title="Archived", topics=[cooking], status=CourseStatus.ARCHIVED)

    assert related_to(client, course) == ["Same instructor", "Same topic"]


def test_related_courses_are_at_most_three(client):
    course = create_course()
    for number in range(5):
        create_course(title=f"Other {number}", instructor=course.instructor)

    assert related_to(client, course) == ["Other 4", "Other 3", "Other 2"]


def test_related_courses_that_one_has_come_last(client):
    course, learner = create_course(), create_learner()
    one, two, *_ = [
        create_course(title=f"Other {number}", instructor=course.instructor) for number in range(4)
    ]
    for owned in (one, two):
        enroll(learner, course=owned)
    client.force_login(learner)

    assert related_to(client, course) == ["Other 3", "Other 2", "Other 1"]


def test_related_courses_of_a_course_with_no_topic_are_not_all_the_others(client):
    create_course(title="Stranger")

    assert related_to(client, create_course()) == []


def test_related_courses_are_found_along_the_index_of_the_newest():
    """With 10,000 courses: no look at all of them, and none at each one's topics."""
    instructor, topic = create_instructor(), create_topic()
    now = timezone.now()
    courses = Course.objects.bulk_create(
        Course(
            slug=f"c{n}",
            title=f"C{n}",
            instructor=instructor,
            price_minor=100,
            currency="usd",
            status=CourseStatus.PUBLISHED,
            published_at=now,
        )
        for n in range(10_000)
    )
    through = Course.topics.through
    through.objects.bulk_create(through(course=course, topic=topic) for course in courses[::2])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_course, catalog_course_topics")

    found = Course.objects.related_to(create_course(topics=[topic]), [topic]).for_cards()[:9]

    plan = found.explain()
    assert "course_published_newest" in plan
    assert "Seq Scan on catalog_course " not in plan
    assert len(found) == 9
