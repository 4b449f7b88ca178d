"""Pages of which most is the same for many: that is kept, and the rest put into it.

The templates say what is somebody's own, between ``{% later %}`` and ``{% endlater %}``
(``project/templatetags/kept.py``). All around it is a page's frame. It is rendered once for all
who see the same, without a request and so without a visitor, and holds a gap in each of those
places; what comes into the gaps is made for each visit.

Without a frame, ``later`` changes nothing: the page is the same.
"""

from collections.abc import Hashable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template import Context
from django.template.base import Node, NodeList
from django.template.context import make_context
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from project.context_processors import shop
from project.headers import vary_on
from project.htmx import SAFE, VARY, HtmxRequest, render_part, wants_part
from project.kept import Kept, cut, gap, lean

type Parts = tuple[bytes | NodeList, ...]

# A catalog's page takes 20 kB, most pages 10.
_frames: Kept[Parts] = Kept(4 * 1024 * 1024)

# The gaps of the frame that is being rendered, if one is.
_gaps: ContextVar[list[NodeList] | None] = ContextVar("gaps", default=None)


@dataclass(frozen=True)
class Frame:
    """What a page's templates are told outside of ``later``, and a key that holds all of it."""

    told: Mapping[str, Any]
    key: Hashable


class Later(Node):
    """What of a page is made for each visit, also where the rest is kept.

    It stands in no loop and in no ``with``: of what those say nothing would be known later.
    """

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        """Leave a gap in a frame; in any other page, render it."""
        gaps = _gaps.get()
        if gaps is None:
            return self.nodelist.render(context)
        gaps.append(self.nodelist)
        return mark_safe(gap(str(len(gaps) - 1)))  # noqa: S308  ours


def render_framed(
    request: HtmxRequest, template: str, part: str, context: dict[str, Any], *, frame: Frame
) -> HttpResponse:
    """Render one partial of ``template`` for htmx, or else the whole page, whose frame is kept."""
    if settings.DEBUG or wants_part(request) or request.method not in SAFE:
        return render_part(request, template, part, context)
    response = HttpResponse(_page(request, template, context, frame))
    vary_on(response, VARY)
    return response


def _page(request: HtmxRequest, name: str, context: dict[str, Any], frame: Frame) -> bytes:
    template: Any = get_template(name)
    # As templates do, of what can be called take what it gives.
    of_shop = {name: it() if callable(it) else it for name, it in shop(request).items()}
    key = (name, get_language(), *of_shop.values(), frame.key)
    parts = _frames.get(key)
    if parts is None:
        parts = _render(template.template, {**of_shop, **frame.told})
        _frames.put(key, parts, size=sum(len(part) for part in parts if isinstance(part, bytes)))
    whole: Any = make_context(context, request)
    bare = template.template
    with whole.render_context.push_state(bare), whole.bind_template(bare):
        return b"".join(
            part if isinstance(part, bytes) else part.render(whole).encode() for part in parts
        )


def _render(template: Any, told: dict[str, Any]) -> Parts:
    """Render what a page is around its gaps; return it in order, with what fills them."""
    gaps: list[NodeList] = []
    token = _gaps.set(gaps)
    try:
        text = template.render(Context(told))
    finally:
        _gaps.reset(token)
    texts = enumerate(cut(lean(text)))
    return tuple(gaps[int(text)] if place % 2 else text.encode() for place, text in texts)
