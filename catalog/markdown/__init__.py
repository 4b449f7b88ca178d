"""Markdown to safe HTML, once, when it is saved.

Beside CommonMark: tables, strikethrough, footnotes, definition lists, code in colors, formulas,
call-outs, pictures with captions, and headings that one can link to.

The parser and all that it knows are imported with the first text: most processes that serve pages
never read one.
"""

from collections.abc import Callable

from catalog.markdown.tidying import tidied

__all__ = ["addresses_of", "render_markdown", "rewrite_addresses", "tidied", "undescribed_pictures"]


def render_markdown(
    source: str,
    *,
    language: str = "en",
    find: Callable[[str], str | None] | None = None,
    name: str = "",
) -> str:
    """Return Markdown as HTML that is safe to show.

    HTML in the source is shown as text. Whatever else could act on a page, such as
    ``javascript:`` links, is taken out.

    Words of our own, such as "Note", are in ``language`` as far as the shop speaks it. ``find``
    is asked for the real address of each link and picture, and returns ``None`` for those that it
    does not know: they stay as they are. Where several texts stand on one page, each has a
    ``name``, so that their headings and footnotes have ids of their own.
    """
    from catalog.markdown.rendering import rendered

    return rendered(source, language=language, find=find, name=name)


def addresses_of(source: str) -> list[str]:
    """Return where the links and pictures of a text lead, as it says."""
    from catalog.markdown import rewriting

    return rewriting.addresses_of(source)


def undescribed_pictures(source: str) -> int:
    """Return how many pictures say nothing to who does not see them."""
    from catalog.markdown import rewriting

    return rewriting.undescribed_pictures(source)


def rewrite_addresses(source: str, change: Callable[[str], str | None]) -> str:
    """Return the text with other addresses, and every other sign as it was.

    ``change`` returns the new address, or ``None`` for one that stays. Code stays as it is.
    """
    from catalog.markdown import rewriting

    return rewriting.rewrite_addresses(source, change)
