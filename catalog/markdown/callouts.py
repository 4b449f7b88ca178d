"""Call-outs as on GitHub: a quotation that begins with ``[!NOTE]``, perhaps with its own title."""

import re

from django.utils.translation import gettext, gettext_noop
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

TITLES = {
    "note": gettext_noop("Note"),
    "tip": gettext_noop("Tip"),
    "important": gettext_noop("Important"),
    "warning": gettext_noop("Warning"),
    "caution": gettext_noop("Caution"),
}
_MARK = re.compile(rf"\[!({'|'.join(TITLES)})\][ \t]*(.*)", re.IGNORECASE)


def use_callouts(parser: MarkdownIt) -> None:
    """Have the parser make call-outs, before it looks into their lines."""
    parser.core.ruler.after("block", "callouts", _make_callouts)


def _make_callouts(state: StateCore) -> None:
    tokens, done, open_kinds = state.tokens, list[Token](), list[bool]()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        done.append(token)
        if token.type == "blockquote_open":
            mark = _mark(tokens[at : at + 2])
            open_kinds.append(mark is not None)
            if mark:
                done += _opened(token, mark)
                at += _without_mark(tokens[at : at + 3])
        elif token.type == "blockquote_close" and open_kinds.pop():
            token.tag = "div"
    state.tokens = done


def _mark(tokens: list[Token]) -> re.Match[str] | None:
    if [token.type for token in tokens] != ["paragraph_open", "inline"]:
        return None
    return _MARK.fullmatch(tokens[1].content.partition("\n")[0])


def _opened(quotation: Token, mark: re.Match[str]) -> list[Token]:
    """Make the quotation a call-out, and return its title."""
    kind = mark[1].lower()
    quotation.tag = "div"
    quotation.attrs = {"class": f"callout callout-{kind}", "role": "note"}
    title = mark[2].strip() or gettext(TITLES[kind])
    return [
        Token("paragraph_open", "p", 1, attrs={"class": "callout-title"}, block=True),
        Token("inline", "", 0, content=title, children=[], block=True),
        Token("paragraph_close", "p", -1, block=True),
    ]


def _without_mark(paragraph: list[Token]) -> int:
    """Take the mark's line out of the paragraph; return how many tokens to pass over."""
    text = paragraph[1]
    text.content = text.content.partition("\n")[2]
    return 0 if text.content else len(paragraph)
