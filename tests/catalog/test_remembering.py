"""What a process remembers of the catalog: nothing that has changed, and nobody's own."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import watch
from catalog.models import Course
from catalog.shelf import remembering
from catalog.shelf.remembering import remembered_courses
from tests.factories import put_on_shelf
from tests.keeping import forget_what_is_kept

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def memory(settings, monkeypatch):
    """A process that has just begun, and that asks each time whether the catalog has changed."""
    settings.PAGE_CACHE_MB = 16
    monkeypatch.setattr(watch, "AWHILE", 0)
    monkeypatch.setattr(remembering, "catalog_watch", watch.CatalogWatch())
    remembering._courses.clear()
    forget_what_is_kept()


@pytest.fixture
def courses():
    return [put_on_shelf(title=f"Bread {name}") for name in ("white", "brown", "black")]


class Looking:
    """Looks courses up, and notes for which it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, pks):
        self.asked.append(sorted(pks))
        return Course.objects.filter(pk__in=pks)


def test_only_what_nobody_knows_is_looked_up(courses):
    white, brown, black = [course.pk for course in courses]
    look = Looking()

    found = [remembered_courses(pks, look) for pks in ([black, white], [white], [brown, white])]

    assert [[course.pk for course in each] for each in found] == [
        [black, white],
        [white],
        [brown, white],
    ]
    assert look.asked == [[white, black], [brown]]


def test_change_has_all_looked_up_anew(courses):
    pks = [course.pk for course in courses]
    look = Looking()
    remembered_courses(pks, look)

    Course.objects.filter(pk=pks[0]).update(title="Rye")

    assert remembered_courses(pks, look)[0].title == "Rye"
    assert look.asked == [pks, pks]


def test_what_is_gone_is_left_out(courses):
    white, brown, _ = [course.pk for course in courses]
    Course.objects.filter(pk=white).delete()

    found = remembered_courses([white, brown], Looking())

    assert [course.pk for course in found] == [brown]


def test_search_asks_once_for_what_it_finds_again(client, courses):
    def asked_for_cards(words):
        with CaptureQueriesContext(connection) as queries:
            assert "Bread black" in client.get(f"/?q={words}").content.decode()
        return sum('JOIN "catalog_instructor"' in query["sql"] for query in queries)

    assert [asked_for_cards(words) for words in ("bre", "bread")] == [1, 0]


def test_search_shows_a_change_at_once(client, courses):
    client.get("/?q=bread")

    Course.objects.filter(pk=courses[0].pk).update(title="Bread of rye", price_minor=1234)

    page = client.get("/?q=bread").content.decode()
    assert "Bread of rye" in page
    assert "$12.34" in page
