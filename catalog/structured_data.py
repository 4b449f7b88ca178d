"""What search engines are told of a course: schema.org's words for what the page shows people.

Source: schema.org's Course, Offer, BreadcrumbList, AggregateRating and Review, with the properties
that Google's "Course list", "Breadcrumb" and "Review snippet" require.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from catalog.models import BundleOffer, Course, Section
from catalog.pricing import PriceTag

Thing = dict[str, Any]

# What would end the element that the data stand in, or begin another.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


class Opinion(Protocol):
    """A review that the page shows, whoever keeps it."""

    name: str
    rating: int
    text: str
    created_at: datetime


def as_script(things: list[Thing]) -> SafeString:
    """Return the things as the data block that search engines read. No browser runs it."""
    graph = {"@context": "https://schema.org", "@graph": things}
    text = json.dumps(graph, ensure_ascii=False).translate(_ESCAPES)
    return format_html(
        '<script type="application/ld+json">{}</script>',
        mark_safe(text),  # noqa: S308  escaped above
    )


def absolute(path: str) -> str:
    """Return the address of a page or picture of this shop, from anywhere."""
    return f"{settings.SITE_URL}{path}"


def shop() -> Thing:
    """Describe who sells, and how the shop is searched."""
    home = absolute(reverse("catalog:course_list"))
    return {
        "@type": "WebSite",
        "@id": f"{home}#shop",
        "name": settings.SHOP_NAME,
        "url": home,
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": home + "?q={search_term_string}"},
            "query-input": "required name=search_term_string",
        },
    }


def course_list(courses: list[Course]) -> Thing:
    """Describe the catalog as a list of courses that have pages of their own."""
    return {
        "@type": "ItemList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "url": absolute(course.get_absolute_url())}
            for place, course in enumerate(courses, start=1)
        ],
    }


def course(
    course: Course,
    sections: list[Section],
    *,
    topics: list[str],
    picture: str,
    opinions: Sequence[Opinion] = (),
) -> Thing:
    """Describe one course: what it teaches, who does, what it costs now, and what learners say."""
    thing: Thing = {
        "@type": "Course",
        "@id": f"{absolute(course.get_absolute_url())}#course",
        "name": course.title,
        "description": course.summary,
        "url": absolute(course.get_absolute_url()),
        "image": picture,
        "inLanguage": course.language,
        "educationalLevel": course.level,
        "provider": {
            "@type": "Organization",
            "name": settings.SHOP_NAME,
            "url": absolute(reverse("catalog:course_list")),
        },
        "instructor": {"@type": "Person", "name": course.instructor.name},
    }
    if topics:
        thing["about"] = topics
    if course.outcomes:
        thing["teaches"] = course.outcomes
    if course.minutes:
        thing["hasCourseInstance"] = {
            "@type": "CourseInstance",
            "courseMode": "Online",
            "courseWorkload": duration(course.minutes),
        }
    if sections:
        thing["syllabusSections"] = [
            {
                "@type": "Syllabus",
                "name": section.title,
                "description": section.summary or section.title,
                "timeRequired": duration(section.minutes),
            }
            for section in sections
        ]
    if course.is_for_sale:
        thing["offers"] = offer(course)
    if opinions:
        thing["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": f"{course.rating:.1f}",
            "ratingCount": course.rating_count,
            "bestRating": 5,
            "worstRating": 1,
        }
        thing["review"] = [_review(opinion) for opinion in opinions]
    return thing


def _review(opinion: Opinion) -> Thing:
    thing: Thing = {
        "@type": "Review",
        "author": {"@type": "Person", "name": opinion.name},
        "datePublished": opinion.created_at.date().isoformat(),
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": opinion.rating,
            "bestRating": 5,
            "worstRating": 1,
        },
    }
    return thing | ({"reviewBody": opinion.text} if opinion.text else {})


def offer(course: Course) -> Thing:
    """Describe what the course costs now: the very number that the page shows."""
    return _offer(course.price_tag, absolute(course.get_absolute_url()))


def _offer(tag: PriceTag, page: str) -> Thing:
    thing: Thing = {
        "@type": "Offer",
        "category": "Paid" if tag.minor else "Free",
        "price": tag.amount,
        "priceCurrency": tag.currency.upper(),
        "availability": "https://schema.org/InStock",
        "url": page,
    }
    if tag.ends_at:
        thing["priceValidUntil"] = tag.ends_at.isoformat()
    return thing


def bundle(offered: BundleOffer, courses: list[Course]) -> Thing:
    """Describe several courses that are sold as one, at what they cost this visitor."""
    sold = offered.bundle
    page = absolute(sold.get_absolute_url())
    thing: Thing = {
        "@type": "Product",
        "@id": f"{page}#bundle",
        "name": sold.title,
        "description": sold.summary,
        "url": page,
        "isRelatedTo": [
            {"@type": "Course", "name": course.title, "url": absolute(course.get_absolute_url())}
            for course in courses
        ],
    }
    if sold.is_for_sale:
        thing["offers"] = _offer(offered.price_tag, page)
    return thing


def breadcrumbs(steps: list[tuple[str, str]]) -> Thing:
    """Describe the way from the catalog to a page: the name and path of each step."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": absolute(path)}
            for place, (name, path) in enumerate(steps, start=1)
        ],
    }


def duration(minutes: int) -> str:
    """Return a time span as ISO 8601 writes it: ``PT1H30M``."""
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")
