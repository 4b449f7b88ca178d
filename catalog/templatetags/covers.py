"""A course's looks in templates: its cover, and the step of its hue."""

from django import template
from django.urls import reverse

from catalog.covers import cover_digest
from catalog.models import Bundle, Course

HUE_STEP = 15  # degrees; static/css/hues.css has a rule for each step

register = template.Library()


@register.filter
def cover_url(course: Course) -> str:
    """Return the address of the course's cover."""
    digest = cover_digest(course.slug, course.hue)
    return reverse("catalog:cover", args=[course.slug, course.hue, digest])


@register.filter
def hue_step(thing: Course | Bundle) -> int:
    """Return the number for ``data-hue``, 0 to 23, that gives an element the thing's color."""
    return round(thing.hue / HUE_STEP) % (360 // HUE_STEP)
