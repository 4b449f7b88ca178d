"""The addresses of links and pictures in a Markdown source: to look at, and to change."""

import re
from collections.abc import Callable

from catalog.markdown.addresses import addresses_in
from catalog.markdown.rendering import parser

_PARTS = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`+)(?!`)(?:.(?!\n[ \t]*\n))*?.?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<inline>\]\([ \t]*<?)(?P<address>[^\s<>()]+)"
    r"|(?P<definition>(?:(?<=\n)|^) {0,3}\[[^\]\n]+\]:[ \t]*<?)(?P<defined>[^\s<>]+)",
    re.DOTALL,
)


def addresses_of(source: str) -> list[str]:
    """Return where the links and pictures of a text lead, as it says."""
    return [address for _token, address in addresses_in(parser.parse(source))]


def undescribed_pictures(source: str) -> int:
    """Return how many pictures say nothing to who does not see them."""
    found = addresses_in(parser.parse(source))
    return sum(token.type == "image" and not token.content.strip() for token, _address in found)


def rewrite_addresses(source: str, change: Callable[[str], str | None]) -> str:
    """Return the text with other addresses, and every other sign as it was.

    ``change`` returns the new address, or ``None`` for one that stays. Code stays as it is.
    """
    lines = source.split("\n")
    code = _lines_of_code(source)
    pieces, begin = list[str](), 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or (at in code) != (begin in code):
            piece = "\n".join(lines[begin:at])
            pieces.append(piece if begin in code else _rewritten(piece, change))
            begin = at
    return "\n".join(pieces)


def _lines_of_code(source: str) -> set[int]:
    return {
        line
        for token in parser.parse(source)
        if token.type in ("fence", "code_block") and token.map
        for line in range(*token.map)
    }


def _rewritten(text: str, change: Callable[[str], str | None]) -> str:
    def replace(part: re.Match[str]) -> str:
        before = part["inline"] or part["definition"]
        if before is None:
            return part[0]
        address = part["address"] or part["defined"]
        return before + (change(address) or address)

    return _PARTS.sub(replace, text)
