"""The sitemap: every page that a search engine may show, and when it changed."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Max
from django.urls import reverse

from catalog.models import Bundle, Course

PAGES_AT_MOST = 50_000  # in one file, by sitemaps.org


class _OfThisShop(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """Addresses come from ``SITE_URL``, never from the request."""

    limit = PAGES_AT_MOST

    def get_protocol(self, protocol: str | None = None) -> str:
        return str(urlsplit(settings.SITE_URL).scheme)

    def get_domain(self, site: Any = None) -> str:
        return str(urlsplit(settings.SITE_URL).netloc)


class CatalogSitemap(_OfThisShop):
    """The catalog itself."""

    def items(self) -> list[str]:
        """Name its page."""
        return ["catalog:course_list"]

    def location(self, item: str) -> str:
        """Return its path."""
        return reverse(item)

    def lastmod(self, item: str) -> datetime | None:
        """Return when any course was last changed."""
        latest: datetime | None = Course.objects.published().aggregate(at=Max("updated_at"))["at"]
        return latest


class CourseSitemap(_OfThisShop):
    """The courses that the catalog lists."""

    def items(self) -> Any:
        """Return what an address and a date need of each, in an order that stays."""
        return Course.objects.published().only("slug", "updated_at").order_by("pk")

    def lastmod(self, item: Course) -> datetime:
        """Return when the course was last changed."""
        return item.updated_at


class BundleSitemap(_OfThisShop):
    """The bundles that the catalog lists."""

    def items(self) -> Any:
        """Return what an address and a date need of each."""
        return Bundle.objects.published().only("slug", "updated_at").order_by("pk")

    def lastmod(self, item: Bundle) -> datetime:
        """Return when the bundle was last changed."""
        return item.updated_at


SITEMAPS: dict[str, type[_OfThisShop]] = {
    "catalog": CatalogSitemap,
    "courses": CourseSitemap,
    "bundles": BundleSitemap,
}
