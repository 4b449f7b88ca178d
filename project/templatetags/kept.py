"""Pieces of pages that are the same for many, rendered once."""

from collections.abc import Hashable

from django import template
from django.utils.safestring import SafeString

from project.kept import kept_piece

register = template.Library()


@register.simple_tag
def kept(name: str, **values: Hashable) -> SafeString:
    """Render the template with these values and nothing else, once for each of them.

    ``{% kept "_foot.html" SHOP_NAME=SHOP_NAME THEME=THEME %}``: what is not named is not there.
    """
    return kept_piece(name, values, key=tuple(values.items()))
