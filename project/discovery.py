"""What search engines and home screens ask a site for by fixed names."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

A_DAY = 60 * 60 * 24  # seconds

# What is one person's own, or only ever answers a form. The catalog's filters stay open: each page
# of them names the one that it should be filed under.
NOT_FOR_ROBOTS = ("/account/", "/accounts/", "/admin/", "/claim/", "/library/", "/webhooks/")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """Say what search engines may read. RFC 9309.

    Orders are not named: their addresses are secrets, and their pages say ``noindex``, which a
    robot can only obey if it may read it.
    """
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in NOT_FOR_ROBOTS),
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def manifest(request: HttpRequest) -> HttpResponse:
    """Describe the shop to a home screen. W3C: Web Application Manifest."""
    icons = [("img/icon.svg", "any", "image/svg+xml")]
    icons += [(f"img/icon-{side}.png", f"{side}x{side}", "image/png") for side in (192, 512)]
    return JsonResponse(
        {
            "name": settings.SHOP_NAME,
            "short_name": settings.SHOP_NAME,
            "id": "/",
            "start_url": reverse("catalog:course_list"),
            "display": "minimal-ui",
            "background_color": "#f6f1e6",
            "theme_color": "#f6f1e6",
            "icons": [
                {"src": static(path), "sizes": sizes, "type": kind} for path, sizes, kind in icons
            ],
            "shortcuts": [{"name": "Library", "url": reverse("library:shelf")}],
        },
        content_type="application/manifest+json",
    )


@require_safe
@cache_control(public=True, max_age=A_DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """Send those who only know the old name to the icon."""
    return HttpResponseRedirect(static("img/icon-192.png"))
