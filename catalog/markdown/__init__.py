"""Markdown to safe HTML, once, when it is saved.

Beside CommonMark: tables, strikethrough, footnotes, definition lists, code in colors, formulas,
call-outs, pictures with captions, and headings that one can link to.
"""

from catalog.markdown.rendering import render_markdown
from catalog.markdown.rewriting import addresses_of, rewrite_addresses, undescribed_pictures
from catalog.markdown.tidying import tidied

__all__ = ["addresses_of", "render_markdown", "rewrite_addresses", "tidied", "undescribed_pictures"]
