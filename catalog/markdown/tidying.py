"""A Markdown source as it is kept, whoever wrote it: a browser, or an editor of files."""

import re

_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")


def tidied(source: str) -> str:
    """Return the text with plain ends of lines, and with nothing empty around it."""
    plain = source.replace("\r\n", "\n").replace("\r", "\n")
    return _BLANK_LINES.sub("", plain).rstrip()
