"""Footnotes, with ids that are nothing else's on the page, and words for who does not see."""

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

PREFIX = "note-"


def use_footnotes(parser: MarkdownIt) -> None:
    """Have the parser read ``[^1]`` and ``^[said here]``."""
    parser.use(footnote_plugin)
    parser.add_render_rule("footnote_ref", _reference)
    parser.add_render_rule("footnote_block_open", _block_open)
    parser.add_render_rule("footnote_open", _note_open)
    parser.add_render_rule("footnote_anchor", _way_back)


def _reference(self: Any, tokens: Sequence[Token], at: int, *_others: Any) -> str:
    number, place = _numbers(tokens[at])
    return format_html(
        '<sup class="footnote-ref"><a href="#{0}{1}" id="{0}{1}-at-{2}" role="doc-noteref"'
        ' aria-label="{3}">{1}</a></sup>',
        PREFIX,
        number,
        place,
        gettext("Footnote %(number)s") % {"number": number},
    )


def _block_open(self: Any, *_others: Any) -> str:
    return format_html(
        '<section class="footnotes" role="doc-endnotes" aria-label="{}">\n<ol>\n',
        gettext("Footnotes"),
    )


def _note_open(self: Any, tokens: Sequence[Token], at: int, *_others: Any) -> str:
    number, _place = _numbers(tokens[at])
    return format_html('<li id="{}{}">', PREFIX, number)


def _way_back(self: Any, tokens: Sequence[Token], at: int, *_others: Any) -> str:
    number, place = _numbers(tokens[at])
    # The second sign keeps it from becoming an emoji on some phones.
    return format_html(
        ' <a href="#{}{}-at-{}" class="footnote-back" role="doc-backlink"'
        ' aria-label="{}">↩\ufe0e</a>',
        PREFIX,
        number,
        place,
        gettext("Back to the text"),
    )


def _numbers(token: Token) -> tuple[int, int]:
    """Return the note's number, and which of the places that refer to it this is, both from 1."""
    return token.meta["id"] + 1, token.meta.get("subId", 0) + 1
