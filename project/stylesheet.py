"""The shop's stylesheet: one file for browsers, which asks for it once and then keeps it.

For us it is a file for each component, in ``static/css``; here they are put behind each other.
"""

import hashlib
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

FOLDER = settings.BASE_DIR / "static" / "css"
COMPONENTS = [
    "base",
    "layout",
    "controls",
    "pieces",
    "hues",
    "catalog",
    "shelf",
    "prices",
    "course",
    "cart",
    "reading",
    "lesson_text",
    "video",
    "library",
    "study",
    "looking",
    "reviews",
    "questions",
    "found",
    "seats",
    "languages",
    "account",
]
ON_PAPER = "print"
PARTS = [*COMPONENTS, *(["demo"] if settings.DEMO else []), ON_PAPER]
TEN_YEARS = 60 * 60 * 24 * 3650  # seconds; what WhiteNoise says of files that never change


@require_safe
def stylesheet(request: HttpRequest, digest: str) -> HttpResponse:
    """Send the stylesheet. Its address changes when it does, so browsers keep it for ever."""
    css, today = _put_together(_age())
    if digest != today:
        return redirect("stylesheet", today)
    kept = f"max-age={TEN_YEARS}, public, immutable"
    return HttpResponse(
        css, content_type="text/css; charset=utf-8", headers={"Cache-Control": kept}
    )


def stylesheet_digest() -> str:
    """Return what names the stylesheet as it is now: a part of its address."""
    return _put_together(_age())[1]


def _age() -> int:
    """Return when a part was last edited. In production nobody does."""
    if settings.IS_COLLECTED:
        return 0
    return max((FOLDER / f"{part}.css").stat().st_mtime_ns for part in PARTS)


@lru_cache(maxsize=1)
def _put_together(age: int) -> tuple[str, str]:
    """Return the stylesheet and its digest; ``age`` tells one edition from the next."""
    texts = {part: (FOLDER / f"{part}.css").read_text() for part in PARTS}
    texts[ON_PAPER] = f"@media print {{\n{texts[ON_PAPER]}}}\n"
    css = "\n".join(texts.values())
    return css, hashlib.sha256(css.encode()).hexdigest()[:12]
