"""Which courses to show, and to whom."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from catalog.models.course import Course
    from catalog.models.people_and_topics import Topic

# What a card of the catalog shows of a course.
CARD_FIELDS = (
    "slug",
    "title",
    "summary",
    "level",
    "language",
    "hue",
    "picture",
    "picture_width",
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

    BEGINNER = "beginner", "Beginner"
    INTERMEDIATE = "intermediate", "Intermediate"
    ADVANCED = "advanced", "Advanced"


class CourseStatus(models.TextChoices):
    """Who may find and buy a course."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    UNLISTED = "unlisted", "Unlisted"
    ARCHIVED = "archived", "Archived"


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

    def related_to(self, course: "Course", topics: "Collection[Topic]") -> "CourseQuerySet":
        """Other listed ones with one of its topics or by the same instructor, the newest first.

        They are found on the way along the index of the newest, which ends with the last one that
        is wanted: to count for each how much they share would mean to look at all of them.
        """
        through = self.model.topics.through
        sharing = through._default_manager.filter(topic__in=topics).values("course")
        alike = Q(instructor=course.instructor_id) | Q(pk__in=sharing)
        return self.published().exclude(pk=course.pk).filter(alike).newest_first()

    def newest_first(self) -> "CourseQuerySet":
        """The latest published first."""
        return self.order_by(F("published_at").desc(nulls_last=True), "-pk")
