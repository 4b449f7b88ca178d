"""One bundle."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from catalog.models import Bundle
from project.for_strangers import for_strangers
from project.htmx import HtmxRequest, render_part


@require_safe
def bundle_detail(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show one bundle: its courses, what they cost one by one, and what they cost together."""
    bundle = get_object_or_404(Bundle.objects.known_to_all().with_courses(), slug=slug)
    page = render_part(request, "catalog/bundle_detail.html", "stage", {"bundle": bundle})
    return for_strangers(request, page)
