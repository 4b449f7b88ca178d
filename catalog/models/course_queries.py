"""Which courses to show, and to whom."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from catalog.models.course import Course  # noqa: F401  named in quotes below

# What a card of the catalog shows of a course.
CARD_FIELDS = (
    "slug",
    "title",
    "summary",
    "level",
    "language",
    "hue",
    "status",
    "lesson_count",
    "minutes",
    "price_minor",
    "compare_at_minor",
    "currency",
    "instructor__name",
)


class Level(models.TextChoices):
    """How much a course expects of its learners."""

    BEGINNER = "beginner", _("Beginner")
    INTERMEDIATE = "intermediate", _("Intermediate")
    ADVANCED = "advanced", _("Advanced")


class CourseStatus(models.TextChoices):
    """Who may find and buy a course."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    UNLISTED = "unlisted", _("Unlisted")
    ARCHIVED = "archived", _("Archived")


class CourseQuerySet(models.QuerySet["Course"]):
    """Courses."""

    def published(self) -> "CourseQuerySet":
        """Those that the catalog lists."""
        return self.filter(status=CourseStatus.PUBLISHED)

    def for_sale(self) -> "CourseQuerySet":
        """Those that can be bought: listed, or known by their address."""
        return self.filter(status__in=[CourseStatus.PUBLISHED, CourseStatus.UNLISTED])

    def known_to_all(self) -> "CourseQuerySet":
        """Those with a page that anyone may see: all that were ever sold."""
        return self.exclude(status=CourseStatus.DRAFT)

    def for_cards(self) -> "CourseQuerySet":
        """With what a card shows and nothing more; to ask for more is an error, not a query."""
        return self.select_related("instructor").only(*CARD_FIELDS).fetch_mode(models.FETCH_RAISE)

    def newest_first(self) -> "CourseQuerySet":
        """The latest published first."""
        return self.order_by(F("published_at").desc(nulls_last=True), "-pk")
