"""What may stand in a text. Everything else is taken out, whatever the parser wrote."""

import re

import nh3

from catalog.markdown import addresses, footnotes, formulas
from catalog.markdown.callouts import TITLES

TAGS = {
    *"a abbr b blockquote br code dd del div dl dt em figcaption figure h2 h3 h4 hr i img kbd li "
    "ol p pre s section span strong sub sup table tbody td th thead tr ul".split(),
    *formulas.TAGS,
}
ATTRIBUTES = {
    "a": {"href", "title", "class", "id", "role", "aria-label"},
    "img": {"src", "alt", "title", "width", "height"},
    "code": {"class"},
    "ol": {"start"},
    "td": {"class"},
    "th": {"class", "scope"},
    "div": {"class", "role"},
    "p": {"class"},
    "section": {"class", "role", "aria-label"},
    "span": {"class"},
    "sup": {"class"},
    **{heading: {"id"} for heading in ("h2", "h3", "h4", "li")},
    **dict.fromkeys(formulas.TAGS, formulas.ATTRIBUTES),
    "math": {*formulas.ATTRIBUTES, "alttext"},
}
_CLASSES = {
    "a": re.compile("footnote-back"),
    "code": re.compile(r"language-[\w.+#-]+"),
    "div": re.compile(rf"formula|callout callout-({'|'.join(TITLES)})"),
    "p": re.compile("callout-title"),
    "section": re.compile("footnotes"),
    "span": re.compile("hl-[a-z0-9]+"),
    "sup": re.compile("footnote-ref"),
    "td": re.compile("end|center"),
    "th": re.compile("end|center"),
}
_ROLES = {"note", "doc-noteref", "doc-backlink", "doc-endnotes"}
_OWN_ID = re.compile(rf"({addresses.PREFIX}|{footnotes.PREFIX})\S+")


def made_safe(html: str) -> str:
    """Return the HTML with nothing in it that could act, or be taken for a part of the page."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_filtered,
        url_schemes={"https", "http", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )


def _filtered(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        allowed = _CLASSES.get(tag)
        return value if allowed and allowed.fullmatch(value) else None
    if name == "id":
        return value if _OWN_ID.fullmatch(value) else None
    if name == "role":
        return value if value in _ROLES else None
    return value
