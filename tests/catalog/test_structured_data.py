"""What search engines are told of the catalog and its courses."""

import json
import re

import pytest

from tests.factories import (
    create_bundle,
    create_course,
    create_lesson,
    create_section,
    create_topic,
)

pytestmark = pytest.mark.django_db

BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def things(client, url, settings):
    settings.SITE_URL = "https://shop.example"
    [block] = BLOCK.findall(client.get(url).content.decode())
    graph = json.loads(block)
    assert graph["@context"] == "https://schema.org"
    return {thing["@type"]: thing for thing in graph["@graph"]}


def test_structured_data_describes_a_course(client, settings):
    course = create_course(
        slug="bread",
        title="Bread",
        summary="Bake it.",
        outcomes=["Bake a loaf"],
        topics=[create_topic(name="Cooking")],
        price_minor=3950,
    )
    section = create_section(course=course, title="Dough")
    create_lesson(section=section, minutes=75)
    course.recount()

    described = things(client, "/courses/bread/", settings)

    image = described["Course"].pop("image")
    assert image.startswith("https://shop.example/covers/")
    assert described["Course"] == {
        "@type": "Course",
        "@id": "https://shop.example/courses/bread/#course",
        "name": "Bread",
        "description": "Bake it.",
        "url": "https://shop.example/courses/bread/",
        "inLanguage": "en",
        "educationalLevel": "beginner",
        "provider": {
            "@type": "Organization",
            "name": "Lectern",
            "url": "https://shop.example/",
        },
        "instructor": {"@type": "Person", "name": course.instructor.name},
        "about": ["Cooking"],
        "teaches": ["Bake a loaf"],
        "hasCourseInstance": {
            "@type": "CourseInstance",
            "courseMode": "Online",
            "courseWorkload": "PT1H15M",
        },
        "syllabusSections": [
            {
                "@type": "Syllabus",
                "name": "Dough",
                "description": section.summary or "Dough",
                "timeRequired": "PT1H15M",
            }
        ],
        "offers": {
            "@type": "Offer",
            "category": "Paid",
            "price": "39.50",
            "priceCurrency": "USD",
            "availability": "https://schema.org/InStock",
            "url": "https://shop.example/courses/bread/",
        },
    }
    assert described["BreadcrumbList"]["itemListElement"] == [
        {
            "@type": "ListItem",
            "position": 1,
            "name": "All courses",
            "item": "https://shop.example/",
        },
        {
            "@type": "ListItem",
            "position": 2,
            "name": "Bread",
            "item": "https://shop.example/courses/bread/",
        },
    ]


@pytest.mark.parametrize(
    ("price_minor", "currency", "price", "category"),
    [(0, "usd", "0.00", "Free"), (39_000, "jpy", "39000", "Paid"), (1, "kwd", "0.001", "Paid")],
)
def test_structured_data_writes_a_price_in_the_major_unit(
    client, settings, price_minor, currency, price, category
):
    create_course(slug="bread", price_minor=price_minor, currency=currency)

    offer = things(client, "/courses/bread/", settings)["Course"]["offers"]

    assert (offer["price"], offer["priceCurrency"], offer["category"]) == (
        price,
        currency.upper(),
        category,
    )


def test_structured_data_offers_nothing_that_is_not_for_sale(client, settings):
    course = create_course(slug="bread")
    course.archive()

    assert "offers" not in things(client, "/courses/bread/", settings)["Course"]


def test_structured_data_cannot_be_left_by_a_title(client, settings):
    title = "</script><script>alert(1)</script> & <!--"
    create_course(slug="bread", title=title)

    assert things(client, "/courses/bread/", settings)["Course"]["name"] == title
    assert "<script>alert" not in client.get("/courses/bread/").content.decode()


def test_structured_data_lists_the_catalog(client, settings):
    create_course(slug="bread")
    create_course(slug="stars")

    described = things(client, "/", settings)

    assert described["WebSite"]["url"] == "https://shop.example/"
    assert [item["url"] for item in described["ItemList"]["itemListElement"]] == [
        "https://shop.example/courses/stars/",
        "https://shop.example/courses/bread/",
    ]
    target = described["WebSite"]["potentialAction"]["target"]["urlTemplate"]
    assert target == "https://shop.example/?q={search_term_string}"


def test_structured_data_costs_no_query(client, django_assert_num_queries):
    for number in range(3):
        create_course(slug=f"course-{number}")

    client.get("/")
    with django_assert_num_queries(3):
        client.get("/")


def test_structured_data_offers_a_bundle_at_its_price(client, settings):
    bread, stars = create_course(slug="bread"), create_course(slug="stars")
    create_bundle(bread, stars, slug="both", title="Both", price_minor=5000)

    described = things(client, "/bundles/both/", settings)

    assert described["Product"]["name"] == "Both"
    assert (described["Product"]["offers"]["price"], described["Product"]["url"]) == (
        "50.00",
        "https://shop.example/bundles/both/",
    )
    related = [course["url"] for course in described["Product"]["isRelatedTo"]]
    assert related == ["https://shop.example/courses/bread/", "https://shop.example/courses/stars/"]
    assert [step["name"] for step in described["BreadcrumbList"]["itemListElement"]] == [
        "All courses",
        "Both",
    ]
