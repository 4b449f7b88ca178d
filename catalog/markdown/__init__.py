"""Markdown to safe HTML, once, when it is saved.

Beside CommonMark: tables, strikethrough, footnotes, definition lists, code in colors, formulas,
call-outs, pictures with captions, and headings that one can link to.
"""

from catalog.markdown.rendering import render_markdown

__all__ = ["render_markdown"]
