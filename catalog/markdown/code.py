"""Code in colors. They are classes, which the stylesheet colors for light and dark."""

from django.utils.html import escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST = 20_000  # characters; a lexer is not quick, and a page of code is shorter
_formatter = HtmlFormatter(nowrap=True, classprefix="hl-")


def highlighted(code: str, language: str, _attributes: str) -> str:
    """Return the code as HTML; without a language that we know, as it is."""
    if not language or len(code) > LONGEST:
        return escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(code)
    return highlight(code, lexer, _formatter)
