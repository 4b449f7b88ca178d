"""Covers as pictures."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from catalog.covers import cover_digest, draw_cover

A_YEAR = 60 * 60 * 24 * 365  # seconds


@require_safe
def cover(request: HttpRequest, slug: str, hue: int, digest: str) -> HttpResponse:
    """Draw a course's cover. Its address changes when the drawing does, so it is kept for ever."""
    if hue >= 360:
        raise Http404("No such hue.")
    today = cover_digest(slug, hue)
    if digest != today:
        return redirect("catalog:cover", slug, hue, today)
    return HttpResponse(
        draw_cover(slug, hue),
        content_type="image/svg+xml",
        headers={"Cache-Control": f"public, max-age={A_YEAR}, immutable"},
    )
