"""Uploaded pictures, and the pictures that stand for a course where its link is shared."""

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from catalog.models import Course
from catalog.pictures.kept import preview_digest

FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def uploaded(request: HttpRequest, folder: str, name: str) -> HttpResponse:
    """Show an uploaded picture. Its name changes when the picture does, so it is kept for ever."""
    try:
        with default_storage.open(f"{folder}/{name}") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise Http404("No such picture.") from error
    return HttpResponse(content, content_type="image/webp", headers={"Cache-Control": FOR_EVER})


@require_safe
def picture(request: HttpRequest, slug: str, digest: str) -> HttpResponse:
    """Show the picture of a course for a link to it; an earlier address leads to today's."""
    course = get_object_or_404(Course.objects.known_to_all(), slug=slug)
    today = preview_digest(course)
    if digest != today:
        return redirect("catalog:picture", slug, today)
    from catalog.pictures.previews import TooBusy, preview_picture

    try:
        content = preview_picture(course)
    except TooBusy:
        return HttpResponse(status=503, headers={"Retry-After": "5"})
    return HttpResponse(content, content_type="image/png", headers={"Cache-Control": FOR_EVER})
