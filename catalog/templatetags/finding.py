"""What the head of a page tells search engines."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog import structured_data
from catalog.models import BundleOffer, Course
from catalog.templatetags.covers import preview_picture_url
from project.kept import kept_text

register = template.Library()


@register.simple_tag
def course_list_data(courses: list[Course]) -> SafeString:
    """Describe the shop and the courses on this page."""

    def describe() -> SafeString:
        things = [structured_data.shop()]
        if courses:
            things.append(structured_data.course_list(courses))
        return structured_data.as_script(things)

    slugs = tuple(course.slug for course in courses)
    return kept_text(describe, key=("list", settings.SITE_URL, settings.SHOP_NAME, slugs))


@register.simple_tag(takes_context=True)
def course_data(
    context: dict[str, Any], course: Course, opinions: Sequence[structured_data.Opinion] = ()
) -> SafeString:
    """Describe the course that this page sells. It uses what the view has fetched for the page."""
    described = structured_data.course(
        course,
        list(context["sections"]),
        topics=[topic.name for topic in context["topics"]],
        picture=preview_picture_url(course),
        opinions=opinions,
    )
    steps = [
        (_("All courses"), reverse("catalog:course_list")),
        (course.title, course.get_absolute_url()),
    ]
    return structured_data.as_script([described, structured_data.breadcrumbs(steps)])


@register.simple_tag
def bundle_data(offered: BundleOffer) -> SafeString:
    """Describe the bundle that this page sells."""
    described = structured_data.bundle(offered, [part.course for part in offered.parts])
    steps = [
        (_("All courses"), reverse("catalog:course_list")),
        (offered.bundle.title, offered.bundle.get_absolute_url()),
    ]
    return structured_data.as_script([described, structured_data.breadcrumbs(steps)])
