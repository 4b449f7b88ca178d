"""Bundles, for pages that show some beside something else."""

from functools import partial

from django import template

from catalog.models import Bundle, Course
from catalog.shelf.remembering import remembered

SHOWN_AT_MOST = 6

register = template.Library()


@register.simple_tag
def published_bundles() -> list[Bundle]:
    """Return the bundles that the catalog lists, with their courses."""
    return remembered("bundles", partial(Bundle.objects.listed, SHOWN_AT_MOST))


@register.simple_tag
def bundles_with(course: Course) -> list[Bundle]:
    """Return the listed bundles that the course is a part of, with their courses."""
    bundles = Bundle.objects.published().holding(course)
    return list(bundles.newest_first().with_courses()[:SHOWN_AT_MOST])
