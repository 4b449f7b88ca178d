"""Where links and pictures lead: to headings of the same text, or wherever the shop finds them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from django.utils.text import slugify

if TYPE_CHECKING:  # models know of this file, and need no parser
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

# Before the ids of headings, so that none is that of something else on the page.
PREFIX = "text-"
_ATTRIBUTES = {"link_open": "href", "image": "src"}


def use_addresses(parser: "MarkdownIt") -> None:
    """Have the parser ask for the real address of each link and picture."""
    parser.core.ruler.push("addresses", _find_addresses)


def anchor(title: str) -> str:
    """Return the id of a heading."""
    return PREFIX + (slugify(title, allow_unicode=True) or "part")


def addresses_in(tokens: "list[Token]") -> "Iterator[tuple[Token, str]]":
    """Yield the links and pictures, each with its address."""
    for token in tokens:
        if name := _ATTRIBUTES.get(token.type):
            yield token, str(token.attrs.get(name, ""))
        yield from addresses_in(token.children or [])


def _find_addresses(state: "StateCore") -> None:
    find = state.env.get("find")
    for token, address in addresses_in(state.tokens):
        found = _of_heading(address) or (find and find(address))
        if found:
            token.attrSet(_ATTRIBUTES[token.type], found)


def _of_heading(address: str) -> str | None:
    """Return the id of the heading that ``#its-title`` means."""
    if not address.startswith("#") or address.startswith(f"#{PREFIX}") or len(address) == 1:
        return None
    return f"#{anchor(unquote(address[1:]))}"
