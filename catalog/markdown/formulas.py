"""Formulas, from LaTeX to MathML, which browsers show without any script."""

import re
from collections.abc import Sequence
from html import unescape
from typing import Any
from xml.etree import ElementTree

from django.utils.html import escape
from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

LONGEST = 1000  # characters
TAGS = set(
    "math mfrac mi mn mo mover mpadded mphantom mroot mrow mspace msqrt mstyle msub msubsup msup "
    "mtable mtd mtext mtr munder munderover".split()
)
ATTRIBUTES = set(
    "accent accentunder columnalign display displaystyle fence form largeop linethickness lspace "
    "mathvariant movablelimits rspace scriptlevel separator stretchy symmetric width".split()
)
_VALUE = re.compile(r"-?[a-z0-9.]{1,14}( [a-z]{1,8}){0,20}")
_COMMAND = re.compile(r"\\[A-Za-z]")


class UnreadableFormula(Exception):
    """It is not LaTeX that we know."""


def use_formulas(parser: MarkdownIt) -> None:
    """Have the parser read ``$…$`` and ``$$…$$``; prices such as $5 and $10 are none."""
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False)
    parser.add_render_rule("math_inline", _inline)
    parser.add_render_rule("math_block", _block)


def mathml(formula: str, *, is_block: bool = False) -> str:
    """Return a formula as MathML. Raise ``UnreadableFormula``."""
    if len(formula) > LONGEST:
        raise UnreadableFormula
    try:
        element = convert_to_element(formula, display="block" if is_block else "inline")
        _tidy(element)
        element.attrib.pop("xmlns", None)
        element.set("alttext", formula)
        return ElementTree.tostring(element, encoding="unicode", short_empty_elements=False)
    except UnreadableFormula:
        raise
    except Exception as error:
        # What the library raises depends on where it stumbles: also IndexError, RecursionError.
        raise UnreadableFormula from error


def _tidy(element: ElementTree.Element) -> None:
    """Leave only what a formula is made of; the library passes on links, colors and classes."""
    if element.tag not in TAGS:
        raise UnreadableFormula
    kept = {name: value for name, value in element.attrib.items() if _is_wanted(name, value)}
    element.attrib.clear()
    element.attrib.update(kept)
    element.text = unescape(element.text or "")
    if element.tag != "mtext" and _COMMAND.match(element.text):
        raise UnreadableFormula
    for child in element:
        _tidy(child)


def _is_wanted(name: str, value: str) -> bool:
    return name in ATTRIBUTES and bool(_VALUE.fullmatch(value))


def _inline(self: Any, tokens: Sequence[Token], at: int, *_others: Any) -> str:
    formula = tokens[at].content
    try:
        return mathml(formula)
    except UnreadableFormula:
        return f"<code>{escape(formula)}</code>"


def _block(self: Any, tokens: Sequence[Token], at: int, *_others: Any) -> str:
    formula = tokens[at].content.strip()
    try:
        return f'<div class="formula">{mathml(formula, is_block=True)}</div>\n'
    except UnreadableFormula:
        return f"<pre><code>{escape(formula)}</code></pre>\n"
