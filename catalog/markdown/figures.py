"""Pictures with captions: one that has a paragraph to itself, and a title, is a figure."""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token


def use_figures(parser: MarkdownIt) -> None:
    """Have the parser make figures."""
    parser.core.ruler.push("figures", _make_figures)


def _make_figures(state: StateCore) -> None:
    for before, token, after in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if before.type == "paragraph_open" and not before.hidden and _is_captioned(token):
            before.tag = after.tag = "figure"
            _caption(token)


def _is_captioned(token: Token) -> bool:
    """Whether the line is nothing but one picture that has a title."""
    match token.children:
        case [Token(type="image", attrs={"title": str(title)})]:
            return bool(title)
    return False


def _caption(token: Token) -> None:
    picture = (token.children or [])[0]
    text = Token("text", "", 0, content=str(picture.attrs.pop("title")))
    token.children = [
        picture,
        Token("caption_open", "figcaption", 1),
        text,
        Token("caption_close", "figcaption", -1),
    ]
