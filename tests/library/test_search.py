"""Searching in a course: what lessons say, what is said in their videos, and what waits."""

import re

import pytest
from django.db import connection
from django.db.models import F

from catalog.models import Caption, Lesson
from catalog.models.searching import CueWords, Holds, LessonWords
from library.models import EnrollmentStatus
from tests.factories import create_course, create_lesson, create_section, enroll
from tests.media import create_captions, create_video

PAGE = "/library/knots/search/"
CUES = """WEBVTT

00:01.000 --> 00:04.000
Welcome to the harbor.

00:65.000 --> 01:09.000
Now we tie the bowline.
""".replace("00:65.000", "01:05.000")


@pytest.fixture
def course(db):
    return create_course(title="Knots", slug="knots")


@pytest.fixture
def section(course):
    return create_section(course=course)


def study(visitor, course):
    return enroll(visitor.sign_in(), course=course)


def text(response):
    return response.content.decode()


def find(visitor, words):
    return text(visitor.get(f"{PAGE}?q={words}"))


def found(page):
    """Return the titles of the lessons on a page."""
    titles = re.findall(r"<h2[^>]*><a[^>]*>(.*?)</a></h2>", page, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", title).strip() for title in titles]


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("reef", ["Reef"]),
        ("REE", ["Reef"]),
        ("baked", ["Ovens"]),  # the lesson says "bakes"
        ("the+oven", ["Ovens"]),
        ("js", ["Reef"]),
        ("oven+left", []),
        ("strong", []),  # a tag
        ("", []),
        ("%3C%26%27+%00", []),
    ],
)
def test_lessons_are_found_by_title_and_text(visitor, course, section, words, titles):
    create_lesson(section=section, title="Reef", body="**Left** over right, with node.js.")
    create_lesson(section=section, title="Ovens", body="Who bakes knows the oven.")
    create_lesson(section=create_section(), title="Reef of another course")
    study(visitor, course)

    assert found(find(visitor, words)) == titles


def test_excerpt_shows_the_place_and_nothing_that_works(visitor, course, section):
    body = f"{'word ' * 60}`<script>alert(1)</script>` holds a bowline. {'more ' * 60}"
    create_lesson(section=section, title="Long", slug="long", body=body)
    study(visitor, course)

    page = find(visitor, "bowl")

    assert "holds a <mark>bowline</mark>." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("word ") + page.count("more ") < 40
    assert find(visitor, '"><script>x()').count("<script>x()") == 0


def test_what_is_said_leads_to_its_second(visitor, course, section):
    lesson = create_lesson(section=section, title="Reef", slug="reef", body="Watch.")
    create_video(lesson)
    create_captions(lesson, text=CUES)
    create_captions(lesson, language="id", text=CUES.replace("tie the", "ikat"))
    study(visitor, course)

    page = find(visitor, "bowline+tie")

    assert page.count("#video") == 1
    assert '/library/knots/reef/?t=65#video"><span class="figures">1:05</span>' in page
    assert "<mark>tie</mark> the <mark>bowline</mark>" in page
    assert found(find(visitor, "harbor+bowline")) == ["Reef"]  # in two of its sentences


def test_lesson_that_waits_is_found_by_its_title_alone(visitor, course, section):
    later = create_lesson(
        section=section, title="Bowline", body="Secret sheepshank.", opens_after_days=7
    )
    create_video(later)
    create_captions(later, text=CUES)
    study(visitor, course)

    titled = find(visitor, "bowline")

    assert found(titled) == ["Bowline"]
    assert "Opens on" in titled
    assert ("sheepshank" in titled, "we tie" in titled) == (False, False)
    assert (found(find(visitor, "sheepshank")), found(find(visitor, "harbor"))) == ([], [])


@pytest.mark.parametrize("status", [None, EnrollmentStatus.REVOKED])
def test_who_does_not_have_the_course_finds_nothing(browser, course, section, status):
    create_lesson(section=section, title="Reef", body="Secret.")
    browser.sign_in()
    if status:
        enroll(browser.learner, course=course, status=status)

    assert browser.is_sent_to(browser.get(f"{PAGE}?q=secret")) == "/courses/knots/"


def test_pages_are_leafed_through_in_the_courses_order(visitor, course, section):
    for number in range(25):
        create_lesson(section=section, title=f"Part {number:02}", body="A bowline.")
    study(visitor, course)

    pages = [find(visitor, f"bowline&page={number}") for number in (1, 2, 3)]

    assert [len(found(page)) for page in pages] == [10, 10, 5]
    assert [title for page in pages for title in found(page)] == [
        f"Part {number:02}" for number in range(25)
    ]
    assert f"{PAGE}?q=bowline&amp;page=2" in pages[0]


@pytest.mark.parametrize("number", [1, 30])
def test_search_takes_as_many_queries_however_much_there_is(
    htmx, course, section, number, django_assert_num_queries
):
    for _ in range(number):
        lesson = create_lesson(section=section, body="A bowline.")
        create_video(lesson)
        create_captions(lesson, text=CUES)
    study(htmx, course)

    # The session, the person, the course, the seat, the outline, the stems, texts, captions, what
    # the texts say, and what the captions do.
    with django_assert_num_queries(10):
        assert find(htmx, "bowline").count("<article") == min(number, 10)


def test_indexes_know_the_words(course, section):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    texts = Lesson.objects.filter(Holds(LessonWords(F("title"), F("body_html")), "'reef':*"))
    said = Caption.objects.filter(Holds(CueWords(F("cues")), "'reef':*"))

    assert "lesson_words" in texts.explain()
    assert "cue_words" in said.explain()
