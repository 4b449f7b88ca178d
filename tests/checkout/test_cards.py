"""Cards and other pieces that are rendered once for many: everybody gets their own all the same."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Bundle, Course
from catalog.views import course_list
from project import kept
from project.htmx import render_part
from tests.checkout.conftest import create_shopper
from tests.factories import create_bundle, enroll, put_on_shelf
from tests.keeping import forget_what_is_kept, lines_of

pytestmark = pytest.mark.django_db

TOKEN = re.compile(r'name="(?:csrfmiddlewaretoken|token)" value="[^"]+"')


def look(client, url="/", **headers):
    """Return a page without what is another each time."""
    return TOKEN.sub("", client.get(url, headers=headers).content.decode())


@pytest.fixture
def courses():
    titles = ("Bread", "Knots", "Sky", "Ink", "Soup")
    return [put_on_shelf(title=title, lesson_titles=["One", "Two"]) for title in titles]


@pytest.fixture
def visitors(courses):
    """Return a browser for each thing that a course can be to somebody."""
    owner, wanting, lapsed, dark = [create_shopper() for _ in range(4)]
    enroll(owner.user, course=courses[0])
    wanting.wants(courses[0], courses[1], seats=2)
    gone = timezone.now() - timedelta(days=1)
    seat = enroll(lapsed.user, course=courses[0])
    type(seat).objects.filter(pk=seat.pk).update(
        starts_at=gone - timedelta(days=9), ends_at=gone, status="ended"
    )
    lapsed.wants(courses[0])
    dark.client.cookies["theme"] = "dark"
    indonesian = Client(headers={"Accept-Language": "id"})
    return [Client(), *(who.client for who in (owner, wanting, lapsed, dark)), indonesian]


@pytest.mark.parametrize("url", ["/", "/courses/bread/", "/cart/", "/?topic=none&q=bread"])
def test_everybody_gets_the_page_that_they_would_get_alone(visitors, courses, url):
    create_bundle(*courses[:2])

    def alone(client):
        forget_what_is_kept()
        return look(client, url)

    expected = [alone(client) for client in visitors]
    forget_what_is_kept()

    assert [look(client, url) for client in visitors] == expected
    assert [look(client, url) for client in visitors[::-1]] == expected[::-1]
    assert len(set(expected)) == len(visitors)


def test_a_frame_changes_nothing(visitors, courses, monkeypatch):
    create_bundle(*courses[:2])
    framed = [look(client) for client in visitors]
    again = [look(client) for client in visitors]
    monkeypatch.setattr(course_list, "render_framed", lambda *args, frame: render_part(*args))

    bare = [look(client) for client in visitors]
    assert framed == again
    assert [lines_of(page) for page in framed] == [lines_of(page) for page in bare]


def test_what_is_told_to_one_is_told_to_nobody_else(visitors, courses):
    told = "“Sky” is in your cart."
    one, other = visitors[1], visitors[2]
    assert told not in look(other)

    one.post("/cart/items/", {"course": "sky"})

    assert [told in look(client) for client in (other, one, one, other)] == [
        False,
        True,
        False,
        False,
    ]


def test_whatever_a_card_shows_shows_at_once(client, courses):
    course, now = courses[0], timezone.now()
    bundle = create_bundle(*courses[:2])
    changes = [
        {"title": "Rye"},
        {"summary": "Otherwise."},
        {"slug": "rye"},
        {"level": "advanced"},
        {"language": "id"},
        {"hue": 200},
        {"minutes": 77},
        {"lesson_count": 7},
        {"rating_sum": 9, "rating_count": 2},
        {"price_minor": 7700},
        {"sale_price_minor": 1900, "sale_ends_at": now + timedelta(days=2)},
        {"compare_at_minor": 7700},
        {"picture": "0123456789abcdef", "picture_width": 640},
    ]

    def check():
        warm = look(client)
        forget_what_is_kept()
        assert warm == look(client)
        return warm

    seen = [check()]
    for change in changes:
        Course.objects.filter(pk=course.pk).update(**change)
        seen.append(check())
    type(course.instructor).objects.filter(pk=course.instructor_id).update(name="Grace")
    seen.append(check())
    Course.objects.filter(pk=course.pk).update(status="archived")
    seen.append(check())
    Bundle.objects.filter(pk=bundle.pk).update(title="Both")
    check()

    assert len(set(seen)) == len(seen)


def test_what_is_typed_stands_in_the_addresses_of_the_filters_alone(client, courses):
    forget_what_is_kept()
    one = look(client, "/?q=bread+%26+%22butter%22")
    other = look(client, "/?q=knots")

    assert "?q=bread+%26+%22butter%22&amp;level=beginner" in one
    assert "?q=knots&amp;level=beginner" in other
    assert "bread" not in other.lower().partition('id="results"')[2].partition("shelf-head")[0]


def test_what_is_kept_has_no_indentation():
    page = "<ul>\n    <li>\n\n  <b>a</b> b\n  \N{NO-BREAK SPACE}c</li>\n</ul>"

    assert kept.lean(page) == "<ul>\n<li>\n<b>a</b> b\n\N{NO-BREAK SPACE}c</li>\n</ul>"


@pytest.mark.parametrize("exact", ["<pre>a\n  b</pre>", '<textarea name="a">a\n\nb</textarea>'])
def test_lines_that_show_as_they_are_written_stay(exact):
    assert kept.lean(f"<p>\n  {exact}</p>") == f"<p>\n  {exact}</p>"


def test_memory_of_pieces_has_a_bound():
    small = kept.Kept(10)
    for number in range(100):
        small.put(number, "x", size=3)
    small.get(97)
    small.put("new", "y", size=4)
    small.put("huge", "z", size=11)

    assert (len(small), small.size) == (3, 10)
    assert [small.get(key) for key in (97, 98, 99, "new", "huge")] == ["x", None, "x", "y", None]
