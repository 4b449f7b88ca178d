"""What one can choose on the shelf, for the catalog's page."""

from dataclasses import replace
from secrets import token_hex
from urllib.parse import quote_plus

from django import template
from django.utils.safestring import SafeString, mark_safe

from catalog.models import Assortment
from catalog.shelf import Wishes
from catalog.shelf.choices import other_choices, removals, topic_choices
from project.kept import kept_piece

# Stands for what was typed, which is endless: the addresses of the choices differ in it alone.
_TYPED = f"q{token_hex(12)}"

register = template.Library()


@register.simple_tag
def shelf_filters(wishes: Wishes, assortment: Assortment) -> SafeString:
    """Return the topics and filters that there are, and what was chosen of them."""
    if wishes.q and not wishes.words:
        return _filters(wishes, assortment)
    if not wishes.q:
        return _filters(replace(wishes, after=""), assortment)
    piece = _filters(replace(wishes, q=_TYPED, exact="", after=""), assortment)
    return mark_safe(piece.replace(_TYPED, quote_plus(wishes.q)))  # noqa: S308  quoted


def _filters(wishes: Wishes, assortment: Assortment) -> SafeString:
    told = {
        "wishes": wishes,
        # Made only if the piece is.
        "topics": lambda: topic_choices(wishes, assortment),
        "filters": lambda: other_choices(wishes, assortment),
        "removals": lambda: removals(wishes, assortment),
        "all_url": Wishes().url,
    }
    return kept_piece("catalog/_filters.html", told, key=(wishes, assortment.face))
