"""The feed of new courses, for those who read by feed."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext

from catalog.models import Course

COURSES_IN_FEED = 30
SHOWN_FIELDS = ("slug", "title", "summary", "published_at", "instructor__name")


class NewCourses(Feed):  # type: ignore[type-arg]  # not generic at run time
    """The latest courses, each with its summary."""

    feed_type = Atom1Feed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with the feed."""
        response = super().__call__(request, *args, **kwargs)
        # Readers ask every hour; a minute or ten of yesterday's news does no harm.
        response.headers["Cache-Control"] = "public, max-age=600"
        return response

    def title(self) -> str:
        """Name the feed."""
        return gettext("%(shop)s: new courses") % {"shop": settings.SHOP_NAME}

    def subtitle(self) -> str:
        """Say what is in it."""
        return gettext("The latest courses, as they come out.")

    def link(self) -> str:
        """Return where the courses are."""
        return f"{settings.SITE_URL}{reverse('catalog:course_list')}"

    def feed_url(self) -> str:
        """Return where the feed is."""
        return f"{settings.SITE_URL}{reverse('catalog:feed')}"

    def items(self) -> Any:
        """Return the latest courses."""
        latest = Course.objects.published().newest_first().select_related("instructor")
        return latest.only(*SHOWN_FIELDS)[:COURSES_IN_FEED]

    def item_title(self, item: Any) -> str:
        """Return the course's title."""
        return str(item.title)

    def item_description(self, item: Course) -> str:
        """Return the course's promise."""
        return item.summary

    def item_link(self, item: Course) -> str:
        """Return where the course is sold."""
        return f"{settings.SITE_URL}{item.get_absolute_url()}"

    def item_author_name(self, item: Course) -> str:
        """Return who teaches it."""
        return item.instructor.name

    def item_pubdate(self, item: Course) -> datetime | None:
        """Return when it came out."""
        return item.published_at

    def item_updateddate(self, item: Course) -> datetime | None:
        """Return when it came out: to correct a word is no news."""
        return item.published_at
