"""The memory of pages before Django, as uvicorn runs it: who gets what from it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
import requests
import uvicorn
from django.conf import settings as django_settings
from django.core.signals import request_started
from django.test import Client
from django.utils import timezone

from catalog import watch
from catalog.models import Course, Instructor
from catalog.templatetags.covers import cover_url
from library.models import Review
from project.one_hop import OneHopHandler
from project.page_cache import PageCache
from tests.factories import create_course, create_learner, enroll, put_on_shelf

pytestmark = pytest.mark.django_db(transaction=True)

AWHILE = 0.2  # seconds, for tests to wait less


@pytest.fixture
def shop(settings, monkeypatch):
    """Return a function that starts one more process of the shop, as far as a page can tell."""
    monkeypatch.setattr(watch, "AWHILE", AWHILE)
    settings.ALLOWED_HOSTS, settings.PAGE_CACHE_MB = ["127.0.0.1"], 16
    started = []

    def start():
        cache = PageCache(OneHopHandler(), watch=watch.CatalogWatch())
        running = uvicorn.Server(uvicorn.Config(cache, port=0, log_config=None, lifespan="on"))
        thread = threading.Thread(target=running.run, daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.01)
        port = running.servers[0].sockets[0].getsockname()[1]
        started.append((running, thread))
        return Visitor(f"http://127.0.0.1:{port}", cache)

    yield start
    for running, thread in started:
        running.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


class Visitor:
    """Somebody without cookies at one of the shop's processes."""

    def __init__(self, address, cache):
        self.address, self.cache = address, cache

    def get(self, path="/", *, method="GET", cookies=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        # Alone, so that no cookie is taken along.
        return requests.request(
            method, self.address + path, headers=named, cookies=cookies, timeout=15
        )


@contextmanager
def made():
    """Count the requests that come as far as Django."""
    paths = []

    def note(scope=None, **_):
        if scope:
            paths.append(scope["path"])

    request_started.connect(note)
    try:
        yield paths
    finally:
        request_started.disconnect(note)


def session_of(user):
    client = Client()
    client.force_login(user)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def price_on(page):
    return page.text.partition('class="price-now" value="')[2].partition('"')[0]


def test_page_is_made_once_and_then_answered_without_django_or_database(shop):
    course = create_course(title="Bread")
    visitor = shop()

    with made() as paths:
        first, *others = [visitor.get(course.get_absolute_url()) for _ in range(5)]
        known = visitor.get(course.get_absolute_url(), If_None_Match=first.headers["ETag"])
        head = visitor.get(course.get_absolute_url(), method="HEAD")

    assert paths == [course.get_absolute_url()]
    assert {page.text for page in others} == {first.text}
    assert "Bread" in first.text
    assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert "Cookie" in first.headers["Vary"]
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["ETag"] == first.headers["ETag"]
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == first.headers["Content-Length"]


def test_tag_names_the_content_and_is_the_same_in_every_process(shop):
    create_course()
    one, other = shop(), shop()

    assert one.get().headers["ETag"] == other.get().headers["ETag"]
    assert one.get().headers["ETag"] != one.get(Accept_Language="id").headers["ETag"]


def test_change_shows_in_all_processes_in_a_moment(shop):
    course = create_course(title="Bread")
    processes = [shop(), shop()]
    changes = {
        "Rye": lambda: Course.objects.filter(pk=course.pk).update(title="Rye"),
        "Grace": lambda: Instructor.objects.update(name="Grace"),
        "Crusty.": lambda: Review.objects.write(
            create_learner(), course, rating=5, text="Crusty.", name="Ada"
        ),
    }

    for words, change in changes.items():
        for visitor in processes:
            assert words not in visitor.get(course.get_absolute_url()).text
        change()
        time.sleep(AWHILE)
        for visitor in processes:
            assert words in visitor.get(course.get_absolute_url()).text


def test_price_changes_at_the_moment_a_sale_begins_and_ends(shop, monkeypatch):
    begins = timezone.now() + timedelta(seconds=1.5)
    ends = begins + timedelta(seconds=1)
    sale = {"sale_price_minor": 1900, "sale_starts_at": begins, "sale_ends_at": ends}
    create_course(title="Bread", price_minor=3900, **sale)
    visitor = shop()
    monkeypatch.setattr(watch, "AWHILE", 60)  # that nothing has changed is believed for long

    seen = {}
    with made() as paths:
        while (now := timezone.now()) < ends + timedelta(seconds=0.3):
            seen[now] = price_on(visitor.get())
            time.sleep(0.02)

    later = timedelta(seconds=0.25)  # while that page was on its way
    assert {seen[at] for at in seen if at < begins - later} == {"39.00"}
    assert {seen[at] for at in seen if begins < at < ends - later} == {"19.00"}
    assert {seen[at] for at in seen if ends < at} == {"39.00"}
    assert len(paths) <= 5
    assert len(seen) > 20


def test_language_colors_and_htmx_get_their_own(shop):
    create_course()
    visitor = shop()
    looks = {
        "plain": {},
        "language": {"Accept_Language": "id"},
        "chosen language": {"cookies": {django_settings.LANGUAGE_COOKIE_NAME: "id", "theme": ""}},
        "colors": {"cookies": {"theme": "dark"}},
        "htmx": {"HX_Request": "true"},
        "boosted": {"HX_Request": "true", "HX_Boosted": "true"},
        "uncompressed": {"Accept_Encoding": "identity"},
    }

    first = {name: visitor.get(**look) for name, look in looks.items()}
    with made() as paths:
        again = {name: visitor.get(**look) for name, look in looks.items()}

    assert paths == []
    assert {name: page.text for name, page in again.items()} == {
        name: page.text for name, page in first.items()
    }
    assert 'lang="id"' in again["language"].text
    assert again["chosen language"].text == again["language"].text
    assert 'data-theme="dark"' in again["colors"].text
    assert "<html" not in again["htmx"].text
    assert "<html" in again["boosted"].text
    assert "Content-Encoding" not in again["uncompressed"].headers


def test_whoever_is_known_gets_and_leaves_nothing_here(shop):
    course = create_course(title="Bread")
    learner = create_learner(email="ada@example.com")
    enroll(learner=learner, course=course)
    visitor = shop()

    with made() as paths:
        own = [visitor.get(cookies=session_of(learner)) for _ in range(2)]
        strangers = [visitor.get() for _ in range(2)]
        after = visitor.get(cookies=session_of(learner))
        other = visitor.get(cookies={"anything": "else"})

    assert len(paths) == 5
    for page in (*own, after):
        assert "ada@example.com" in page.text
        assert page.headers["Cache-Control"] == "private, no-cache"
        assert "ETag" not in page.headers
    for page in strangers:
        assert "ada@example.com" not in page.text
    assert other.headers["Cache-Control"] == "private, no-cache"


def test_what_is_not_for_all_is_not_kept(shop):
    create_course(title="Bread")
    visitor = shop()
    paths = ["/accounts/login/", "/courses/none/", "/?q=bread", "/cart/", "/?after=bread"]
    paths += ["/courses/bread/?x=1", "/?topic=none", "/healthz", "/robots.txt"]

    for path in paths:
        visitor.get(path)

    assert len(visitor.cache.pages) == 0


def test_many_addresses_fill_only_what_they_may(shop, settings):
    settings.PAGE_CACHE_MB = 0
    visitor = shop()
    visitor.cache.pages.most = 60_000  # bytes
    courses = [create_course() for _ in range(12)]

    for course in courses:
        visitor.get(course.get_absolute_url())
    with made() as paths:
        visitor.get(courses[-1].get_absolute_url())
        visitor.get(courses[0].get_absolute_url())

    assert paths == [courses[0].get_absolute_url()]
    assert 0 < visitor.cache.pages.size <= 60_000


def test_where_visitors_come_from_makes_no_page_of_its_own(shop):
    create_course(title="Bread")
    visitor = shop()

    with made() as paths:
        pages = [visitor.get(f"/courses/bread/?utm_source=mail&gclid={n}").text for n in range(3)]

    assert paths == ["/courses/bread/"]
    assert len(set(pages)) == 1


def test_crowd_after_a_change_has_the_page_made_once(shop):
    course = create_course(title="Bread")
    visitor = shop()
    visitor.get("/courses/bread/")
    Course.objects.filter(pk=course.pk).update(title="Rye")
    time.sleep(AWHILE)

    with made() as paths, ThreadPoolExecutor(12) as crowd:
        pages = list(crowd.map(lambda _: visitor.get("/courses/bread/").text, range(24)))

    assert paths == ["/courses/bread/"]
    assert all("Rye" in page for page in pages)


def test_cover_is_kept_for_everybody(shop):
    course = put_on_shelf(title="Bread")
    visitor = shop()

    with made() as paths:
        pages = [visitor.get(cover_url(course)), visitor.get(cover_url(course), cookies={"a": "b"})]

    assert len(paths) == 1
    assert {page.headers["Cache-Control"] for page in pages} == {
        "public, max-age=31536000, immutable"
    }


def test_without_memory_pages_still_are_not_sent_twice(shop, settings):
    settings.PAGE_CACHE_MB = 0
    create_course()
    visitor = shop()

    with made() as paths:
        tag = visitor.get().headers["ETag"]
        again = visitor.get(If_None_Match=tag)

    assert (len(paths), again.status_code, again.content) == (2, 304, b"")
