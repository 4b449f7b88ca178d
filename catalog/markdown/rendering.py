"""From Markdown to HTML: the parser with all that it knows, and its output made safe."""

import re
from collections.abc import Callable

from django.conf import settings
from django.utils import translation
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.deflist import deflist_plugin

from catalog.markdown import addresses, footnotes
from catalog.markdown.addresses import anchor, use_addresses
from catalog.markdown.callouts import use_callouts
from catalog.markdown.code import highlighted
from catalog.markdown.figures import use_figures
from catalog.markdown.footnotes import use_footnotes
from catalog.markdown.formulas import use_formulas
from catalog.markdown.safety import made_safe

# The parser writes ``style``, which the site's Content-Security-Policy forbids.
_ALIGNMENTS = {"text-align:right": "end", "text-align:center": "center", "text-align:left": ""}
_NAMED = re.compile(rf'((?:id="|href="#)(?:{addresses.PREFIX}|{footnotes.PREFIX}))')


def rendered(
    source: str, *, language: str, find: Callable[[str], str | None] | None, name: str
) -> str:
    """Return Markdown as HTML that is safe to show, as ``render_markdown`` has it."""
    with translation.override(_spoken(language)):
        html = parser.render(source, {"find": find} if find else {})
    if name:
        html = _NAMED.sub(rf"\g<1>{name}-", html)
    return _reachable_by_keyboard(made_safe(html))


def _spoken(language: str) -> str:
    """Return the language, or English if the shop has no words in it."""
    code = language.lower().split("-")[0]
    return code if code in dict(settings.LANGUAGES) else "en"


def _reachable_by_keyboard(html: str) -> str:
    """Let the keyboard scroll what is wider than a phone. In the source, such tags are text."""
    for tag in ("pre", "table", 'div class="formula"'):
        html = html.replace(f"<{tag}>", f'<{tag} tabindex="0">')
    return html


def _align_by_class(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("td_open", "th_open"):
            name = _ALIGNMENTS.get(str(token.attrs.pop("style", "")), "")
            if name:
                token.attrSet("class", name)


def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "highlight": highlighted})
    made.enable(["table", "strikethrough"])
    made.use(deflist_plugin)
    made.use(anchors_plugin, min_level=2, max_level=4, slug_func=anchor)
    for use in (use_footnotes, use_formulas, use_callouts, use_figures, use_addresses):
        made.use(use)
    made.core.ruler.push("align_by_class", _align_by_class)
    return made


parser = _parser()
