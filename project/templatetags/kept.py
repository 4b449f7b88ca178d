"""Pieces of pages that are the same for many, rendered once."""

from collections.abc import Hashable
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.utils.safestring import SafeString

from project.frames import Later
from project.kept import kept_form, kept_piece

register = template.Library()


@register.tag
def later(parser: Parser, token: Token) -> Later:
    """Say what of a page is somebody's own: it is made for each visit (``project/frames.py``)."""
    nodelist = parser.parse(("endlater",))
    parser.delete_first_token()
    return Later(nodelist)


@register.simple_tag
def kept(name: str, **values: Hashable) -> SafeString:
    """Render the template with these values and nothing else, once for each of them.

    ``{% kept "_foot.html" SHOP_NAME=SHOP_NAME THEME=THEME %}``: what is not named is not there.
    """
    # A text that is safe as it is equals one that is to be escaped.
    kinds = tuple(map(type, values.values()))
    return kept_piece(name, values, key=(*values.items(), kinds))


@register.simple_tag(takes_context=True)
def account_menu(context: dict[str, Any]) -> SafeString:
    """Return the menu of somebody who is signed in: the same for all but for who they are."""
    user = context["user"]
    told = {"is_staff": user.is_staff}
    later = {"email": user.email}
    return kept_form("_account_menu.html", told, key=user.is_staff, later=later)
