"""A course's looks in templates: its cover, the step of its hue, and its picture for links."""

from typing import Protocol

from django import template
from django.conf import settings
from django.urls import reverse

from catalog.covers import cover_digest
from catalog.models import Course
from catalog.models.pictured import Pictured
from catalog.pictures.kept import preview_digest

HUE_STEP = 15  # degrees; static/css/hues.css has a rule for each step
PLAIN_WIDTH = 640  # pixels; for browsers that do not choose

register = template.Library()


class _Colored(Protocol):
    hue: int


@register.filter
def cover_url(course: Course) -> str:
    """Return the address of the course's cover: what was uploaded, or else the drawing."""
    if course.picture:
        return picture_url(course)
    digest = cover_digest(course.slug, course.hue)
    return reverse("catalog:cover", args=[course.slug, course.hue, digest])


@register.filter
def picture_url(pictured: Pictured) -> str:
    """Return the address of what was uploaded, in a width that suits most places."""
    widths = pictured.picture_widths
    return _file_url(pictured, max((w for w in widths if w <= PLAIN_WIDTH), default=widths[0]))


@register.filter
def picture_srcset(pictured: Pictured) -> str:
    """Return the addresses of what was uploaded in all its widths; nothing without a picture."""
    if not pictured.picture:
        return ""
    return ", ".join(f"{_file_url(pictured, w)} {w}w" for w in pictured.picture_widths)


@register.filter
def preview_picture_url(course: Course) -> str:
    """Return where the course's picture of 1200 × 630 is, with the shop's own address before it."""
    path = reverse("catalog:picture", args=[course.slug, preview_digest(course)])
    return f"{settings.SITE_URL}{path}"


@register.filter
def hue_step(thing: _Colored) -> int:
    """Return the number for ``data-hue``, 0 to 23, that gives an element the thing's color."""
    return round(thing.hue / HUE_STEP) % (360 // HUE_STEP)


def _file_url(pictured: Pictured, width: int) -> str:
    name = f"{pictured.picture}-{width}.webp"
    return reverse("catalog:uploaded", args=[pictured.SHAPE.folder, name])
