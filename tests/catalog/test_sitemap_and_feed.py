"""How others find the courses: the sitemap for search engines, the feed for readers."""

from xml.etree import ElementTree

import pytest

from catalog.models import Course, CourseStatus
from tests.factories import create_bundle, create_course

pytestmark = pytest.mark.django_db

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://shop.example"


def tree(client, url):
    response = client.get(url)
    assert response.status_code == 200
    assert not response.cookies
    return ElementTree.fromstring(response.content)


def locations(client, url):
    return [element.text for element in tree(client, url).iter(f"{SITEMAP}loc")]


def test_sitemap_lists_what_the_catalog_lists(client):
    for status in CourseStatus:
        create_course(slug=status.value, status=status)

    assert locations(client, "/sitemap.xml") == [
        "https://shop.example/",
        "https://shop.example/courses/published/",
    ]


def test_sitemap_lists_bundles_that_are_for_sale(client):
    create_bundle(create_course(slug="bread"), slug="all")
    create_bundle(create_course(slug="stars"), slug="later", status=CourseStatus.DRAFT)

    assert "https://shop.example/bundles/all/" in locations(client, "/sitemap.xml")
    assert "https://shop.example/bundles/later/" not in locations(client, "/sitemap.xml")


def test_sitemap_says_when_a_course_changed(client):
    course = create_course()

    dates = [element.text for element in tree(client, "/sitemap.xml").iter(f"{SITEMAP}lastmod")]

    assert dates == [course.updated_at.date().isoformat()] * 2


@pytest.mark.parametrize("courses", [1, 50])
def test_sitemap_asks_as_often_however_many_courses(client, django_assert_num_queries, courses):
    for _ in range(courses):
        create_course()

    with django_assert_num_queries(4):
        assert len(locations(client, "/sitemap.xml")) == courses + 1


def test_feed_tells_of_the_latest_courses(client):
    create_course(slug="old", title="Old & wise")
    create_course(slug="new", title="New", summary="It is <new>.")
    create_course(slug="draft", status=CourseStatus.DRAFT)

    feed = tree(client, "/feed/")

    entries = [
        (
            entry.findtext(f"{ATOM}title"),
            entry.findtext(f"{ATOM}summary"),
            entry.find(f"{ATOM}link").get("href"),
        )
        for entry in feed.iter(f"{ATOM}entry")
    ]
    assert entries == [
        ("New", "It is <new>.", "https://shop.example/courses/new/"),
        ("Old & wise", "A course worth taking.", "https://shop.example/courses/old/"),
    ]
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "alternate": "https://shop.example/",
        "self": "https://shop.example/feed/",
    }


def test_feed_is_short_and_asks_once(client, django_assert_num_queries):
    for _ in range(35):
        create_course()

    with django_assert_num_queries(1):
        feed = tree(client, "/feed/")

    assert len(list(feed.iter(f"{ATOM}entry"))) == 30


def test_feed_of_an_empty_shop_is_a_feed(client):
    assert not Course.objects.exists()

    assert list(tree(client, "/feed/").iter(f"{ATOM}entry")) == []
