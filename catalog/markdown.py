"""Markdown to safe HTML, once, when it is saved."""

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

_TAGS = set(
    "a abbr b blockquote br code del em h2 h3 h4 hr i img kbd li ol p pre s strong sub sup "
    "table tbody td th thead tr ul".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "code": {"class"},
    "ol": {"start"},
    "td": {"class"},
    "th": {"class", "scope"},
}
# The parser writes ``style``, which the site's Content-Security-Policy forbids.
_ALIGNMENTS = {"text-align:right": "end", "text-align:center": "center", "text-align:left": ""}


def render_markdown(source: str) -> str:
    """Return CommonMark (with tables and strikethrough) as HTML that is safe to show.

    HTML in the source is shown as text. Whatever else could act on a page, such as
    ``javascript:`` links, is taken out.
    """
    html = nh3.clean(
        _markdown.render(source),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "http", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return _reachable_by_keyboard(html)


def _reachable_by_keyboard(html: str) -> str:
    """Let the keyboard scroll what is wider than a phone. In the source, such tags are text."""
    for tag in ("pre", "table"):
        html = html.replace(f"<{tag}>", f'<{tag} tabindex="0">')
    return html


def _align_by_class(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("td_open", "th_open"):
            name = _ALIGNMENTS.get(str(token.attrs.pop("style", "")), "")
            if name:
                token.attrSet("class", name)


_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_markdown.core.ruler.push("align_by_class", _align_by_class)
