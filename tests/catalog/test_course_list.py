"""The catalog: what it lists, for whom, and at what price in queries."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from catalog.models import Assortment, Course, CourseStatus
from catalog.search.indexing import refresh_search
from catalog.shelf import COURSES_PER_PAGE, Wishes
from catalog.shelf.choices import other_choices, removals, topic_choices
from tests.factories import (
    create_course,
    create_instructor,
    create_learner,
    create_topic,
    enroll,
    put_on_shelf,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
MODES = pytest.mark.parametrize("headers", [{}, HTMX], ids=["browser", "htmx"])


def fill_shelf(number):
    """Put up ``number`` courses at once."""
    instructor = create_instructor()
    Course.objects.bulk_create(
        Course(
            title=f"Course {n}",
            slug=f"course-{n}",
            summary="A course.",
            instructor=instructor,
            price_minor=3900,
            sorting_minor=3900,
            currency="usd",
            status=CourseStatus.PUBLISHED,
            published_at=timezone.now() - timedelta(minutes=n),
        )
        for n in range(number)
    )


# As the page shows them: what is kept of a page tells no template's context.
CARD = re.compile(
    r'<article class="card course-card".*?<h3[^>]*>.*?<bdi[^>]*>(.*?)</bdi>', re.DOTALL
)
MORE = re.compile(r'<li class="cards-more">\s*<a\s+class="button"\s+href="([^"]+)"')


def titles(response):
    shelf, _, _ = response.content.decode().partition('class="shelf-instead"')
    return [unescape(title) for title in CARD.findall(shelf)]


def next_url(response):
    found = MORE.search(response.content.decode())
    return unescape(found[1]) if found else ""


@MODES
def test_course_list_shows_published_courses_newest_first(client, headers):
    bread = create_course(title="Bread")
    create_course(title="Stars", price_minor=0)
    create_course(title="Chess")
    Course.objects.filter(pk=bread.pk).update(published_at=timezone.now())
    for status in (CourseStatus.DRAFT, CourseStatus.UNLISTED, CourseStatus.ARCHIVED):
        create_course(title=f"A {status} course", status=status)

    response = client.get("/", headers=headers)

    assert titles(response) == ["Bread", "Chess", "Stars"]
    assertContains(response, "$39")
    assertContains(response, "Free")


def test_course_list_is_a_page_for_browsers_and_a_stage_for_htmx(client):
    create_course(title="Bread")

    page, part = client.get("/"), client.get("/", headers=HTMX)

    assertContains(page, "<!doctype html>")
    assertNotContains(part, "<!doctype html>")
    assertTemplateUsed(part, "stage")
    assertContains(part, "<title>")
    for response in (page, part):
        assertContains(response, '<main id="stage"', count=1)
        assertContains(response, "<h1>", count=1)
        assert "HX-Request" in response["Vary"]


def test_course_list_gives_the_page_to_a_restored_history_entry(client):
    response = client.get("/", headers={**HTMX, "HX-History-Restore-Request": "true"})

    assertContains(response, "<!doctype html>")


def test_course_list_says_so_when_the_shelves_are_empty(client):
    assertContains(client.get("/"), "The shelves are being filled.")


@pytest.mark.parametrize("number", [1, 300])
@pytest.mark.parametrize(
    ("url", "queries"),
    [("/", 3), ("/?sort=price&level=beginner&price=paid", 2), ("/?q=course", 3)],
)
def test_course_list_takes_as_many_queries_however_many_courses(
    client, number, url, queries, django_assert_num_queries
):
    fill_shelf(number)
    refresh_search(Course.objects.values_list("pk", flat=True))
    client.get("/?q=x")  # which learns the vocabulary

    # What there is to choose from; the cards; how many there are, or else which were found; and on
    # the first page bundles.
    with django_assert_num_queries(queries):
        response = client.get(url)

    assert len(titles(response)) == min(number, COURSES_PER_PAGE)


@pytest.mark.parametrize("number", [30, 300])
def test_course_list_takes_one_query_more_to_go_on(client, number, django_assert_num_queries):
    fill_shelf(number)
    url = next_url(client.get("/"))

    with django_assert_num_queries(3):
        assert titles(client.get(url))


@pytest.mark.parametrize("sort", ["", "&sort=price", "&sort=-price", "&sort=title"])
@pytest.mark.parametrize("words", ["", "&q=course"])
def test_course_list_goes_on_to_the_end_in_every_order(client, sort, words):
    fill_shelf(2 * COURSES_PER_PAGE + 5)
    refresh_search(Course.objects.values_list("pk", flat=True))
    url, seen = f"/?{sort}{words}", []

    while url:
        response = client.get(url, headers=HTMX if seen else {})
        seen.append(titles(response))
        url = next_url(response)

    assert [len(page) for page in seen] == [COURSES_PER_PAGE, COURSES_PER_PAGE, 5]
    together = [title for page in seen for title in page]
    assert sorted(together) == sorted(Course.objects.values_list("title", flat=True))


def test_course_list_sorts_as_is_wished(client):
    for title, price in [("bread", 3900), ("Apples", 0), ("Chess", 9900), ("Drums", 3900)]:
        create_course(title=title, price_minor=price)

    for sort, expected in {
        "newest": ["Drums", "Chess", "Apples", "bread"],
        "price": ["Apples", "bread", "Drums", "Chess"],
        "-price": ["Chess", "Drums", "bread", "Apples"],
        "title": ["Apples", "bread", "Chess", "Drums"],
        "relevance": ["Drums", "Chess", "Apples", "bread"],
        "nonsense": ["Drums", "Chess", "Apples", "bread"],
    }.items():
        assert titles(client.get("/", {"sort": sort})) == expected


def test_course_list_shows_more_below_what_is_there(client):
    fill_shelf(COURSES_PER_PAGE + 2)

    first = client.get("/")
    url = next_url(first)
    more = client.get(url, headers=HTMX)

    assertContains(first, f'hx-get="{url}"', count=1)
    assert len(titles(more)) == 2
    assertTemplateUsed(more, "cards")
    assertNotContains(more, '<main id="stage"')
    assertNotContains(more, "Show more")
    assert not set(titles(first)) & set(titles(more))


def test_course_list_shows_more_without_javascript(client):
    fill_shelf(COURSES_PER_PAGE + 2)
    url = next_url(client.get("/?level=beginner"))

    assertContains(client.get("/?level=beginner"), f'href="{escape(url)}"', count=1)
    page = client.get(url)

    assert len(titles(page)) == 2
    assertContains(page, "<!doctype html>")
    assertContains(page, '<a href="/?level=beginner">Back to the first courses</a>')
    assertContains(page, "<h1", count=1)


@pytest.mark.parametrize("after", ["", "no-such-course", "-1", "²", "x" * 300, "\0", "'; DROP"])
@pytest.mark.parametrize("words", ["", "bread"])
def test_course_list_shows_the_first_page_after_a_course_that_there_is_not(client, after, words):
    put_on_shelf(title="Bread")

    response = client.get("/", {"after": after, "q": words})

    assert response.status_code == 200
    assert titles(response) == ["Bread"]


def test_course_list_goes_on_below_a_course_that_is_no_longer_there(client):
    fill_shelf(COURSES_PER_PAGE + 2)
    first = client.get("/")
    Course.objects.get(title=titles(first)[-1]).archive()

    more = client.get(next_url(first))

    assert titles(more) == [f"Course {COURSES_PER_PAGE}", f"Course {COURSES_PER_PAGE + 1}"]


def test_course_list_filters_by_all_that_is_wished_for(client):
    cooking, music = create_topic(name="Cooking"), create_topic(name="Music")
    put_on_shelf(title="Bread", topics=[cooking])
    put_on_shelf(title="Soup", topics=[cooking, music], level="advanced")
    put_on_shelf(title="Kue", topics=[cooking], language="id", price_minor=0)
    put_on_shelf(title="Drums", topics=[music], level="advanced", price_minor=0)

    for query, expected in {
        "topic=cooking": ["Kue", "Soup", "Bread"],
        "level=advanced": ["Drums", "Soup"],
        "language=id": ["Kue"],
        "price=free": ["Drums", "Kue"],
        "price=paid": ["Soup", "Bread"],
        "topic=music&level=advanced&price=paid": ["Soup"],
        "topic=cooking&q=dr": [],
        "topic=no-such&level=expert&language=xx&price=cheap": ["Drums", "Kue", "Soup", "Bread"],
    }.items():
        assert titles(client.get(f"/?{query}")) == expected


def test_course_list_says_what_is_looked_at(client):
    put_on_shelf(title="Bread", topics=[create_topic(name="Cooking")], language="de")

    for query, expected in {
        "q=bread&level=beginner": "bread · courses for beginners",
        "topic=cooking&language=de&price=paid": "Cooking · courses · German · paid",
        "level=advanced": "Advanced courses",
    }.items():
        page = client.get(f"/?{query}")
        assertContains(page, f"<title>{expected} – Lectern</title>")
        assertContains(page, f'<h2 class="shelf-head" id="shelf-heading">{expected}</h2>')


def test_course_list_marks_what_holds_and_takes_each_back(client):
    put_on_shelf(topics=[create_topic(name="Cooking"), create_topic(name="Music")])
    put_on_shelf(language="id")

    page = client.get("/?topic=music&level=beginner&q=course")
    chosen = page.context["wishes"], page.context["assortment"]

    assert [choice.name for choice in topic_choices(*chosen).choices] == [
        "All topics",
        "Music",
        "Cooking",
    ]
    current = [group.current.name for group in other_choices(*chosen)]
    assert current == ["Beginner", "Any language", "Any price", "Best match"]
    assertContains(page, 'aria-current="true"', count=6)
    assert {choice.name: choice.url for choice in removals(*chosen)} == {
        "Music": "/?q=course&level=beginner",
        "Beginner": "/?q=course&topic=music",
    }
    assertContains(page, "Clear all", count=1)
    assertContains(page, '<input type="hidden" name="topic" value="music" form="shelf-search">')


def test_course_list_offers_no_topic_without_published_courses():
    course = put_on_shelf(topics=[create_topic(name="Cooking")])
    create_topic(name="Empty")
    put_on_shelf(topics=[create_topic(name="Secret")], status=CourseStatus.DRAFT)

    topics = topic_choices(Wishes(), Assortment.objects.current())
    assert [choice.name for choice in topics.choices] == ["All topics", "Cooking"]
    course.archive()
    assert len(topic_choices(Wishes(), Assortment.objects.current()).choices) == 1


@pytest.mark.parametrize(
    ("number", "says"), [(1, "1 course"), (2, "2 courses"), (1001, "More than 1,000 courses")]
)
def test_course_list_counts_in_a_live_line_outside_of_the_list(client, number, says):
    fill_shelf(number)

    page = client.get("/").content.decode()

    line = page[page.index('<div class="shelf-count" role="status">') : page.index('id="results"')]
    assert " ".join(line.split("<p ")[1].split(">")[1].split("<")[0].split()) == says


def test_course_list_guesses_what_was_mistyped_and_says_so(client):
    put_on_shelf(title="Bread from Scratch")

    page = client.get("/?q=braed")

    assert titles(page) == ["Bread from Scratch"]
    assertContains(page, "Nothing was found for “braed”. These are for <strong>bread</strong>.")
    assertContains(page, 'href="/?q=braed&amp;exact=1"')
    assertContains(page, "<title>bread · courses – Lectern</title>")


def test_course_list_searches_for_exactly_what_was_typed(client):
    put_on_shelf(title="Bread from Scratch")

    page = client.get("/?q=braed&exact=1")

    assert titles(page) == []
    assertContains(page, "Nothing on the shelf for “braed”.")
    assertContains(page, "Did you mean")
    assertContains(page, 'href="/?q=bread"')


def test_course_list_offers_a_likelier_word_beside_what_was_found(client):
    put_on_shelf(title="Bread", lesson_titles=["On crumbs"])
    put_on_shelf(title="Bread again", description="Zopf or breod.")

    page = client.get("/?q=breod")

    assert titles(page) == ["Bread again"]
    assertContains(page, "Did you mean")
    assertContains(page, 'href="/?q=bread"')


def test_course_list_helps_when_nothing_is_found(client):
    for number in range(4):
        put_on_shelf(title=f"Course {number}")

    page = client.get("/?q=xyzzyqqq&level=advanced")

    assert titles(page) == []
    assert [course.title for course in page.context["shelf"].suggestions] == [
        "Course 3",
        "Course 2",
        "Course 1",
    ]
    assertContains(page, "Nothing on the shelf for “xyzzyqqq”.")
    assertContains(page, 'href="/?q=xyzzyqqq"')
    assertContains(page, "See all courses")
    assertContains(page, "Add to cart", count=3)


def test_course_list_escapes_what_was_typed(client):
    page = client.get("/", {"q": "<script>alert(1)</script>"})

    assertNotContains(page, "<script>alert")


def test_course_list_is_searched_from_every_page(client):
    assertContains(client.get("/cart/"), 'id="masthead-words"', count=1)


@MODES
def test_course_list_leaves_no_trace_of_somebody_who_only_looks(client, headers):
    course = create_course(lessons=1)

    for url in ("/", course.get_absolute_url(), "/cart/"):
        response = client.get(url, headers=headers)
        assert dict(response.cookies) == {}

    assert not Session.objects.exists()


def test_course_list_opens_what_one_owns_and_offers_the_rest(client):
    mine, other = create_course(title="Bread", lessons=2), create_course(title="Stars")
    learner = create_learner()
    enroll(learner, course=mine)
    client.force_login(learner)

    response = client.get("/")

    assertContains(response, f'id="buy-action-{mine.slug}"', count=1)
    assertContains(response, "Open course", count=1)
    assertContains(response, f'<input type="hidden" name="course" value="{other.slug}">', count=1)
    assertNotContains(response, f'name="course" value="{mine.slug}"')


def test_course_list_offers_no_csrf_token_to_strangers(client):
    create_course()

    assertNotContains(client.get("/"), "csrfmiddlewaretoken")
