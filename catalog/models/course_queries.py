"""Which courses to show, and to whom."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.priced import PRICE_FIELDS, price_at

if TYPE_CHECKING:
    from catalog.models.course import Course
    from catalog.models.people_and_topics import Topic

# What a course costs, as an index knows it: the one place that sorting by price asks.
PRICE_NOW = F("sorting_minor")

# What a card of the catalog shows of a course, besides its price and who teaches it.
FACE_FIELDS = (
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
    "rating_sum",
    "rating_count",
)
# What no page shows that only mentions a course: long texts, and what it is found by.
UNSEEN_FIELDS = (
    "description",
    "description_html",
    "outcomes",
    "search",
    "topic_pks",
    "words",
    "sorting_minor",
    "created_at",
    "updated_at",
)
# Nor a line of a cart or of an order: what makes one want a course.
UNSOLD_FIELDS = (
    *UNSEEN_FIELDS,
    "summary",
    "level",
    "instructor",
    "lesson_count",
    "minutes",
    "rating_sum",
    "rating_count",
    "published_at",
    "source_id",
)
CARD_FIELDS = (*FACE_FIELDS, *PRICE_FIELDS, "instructor__name")


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


class Order(models.TextChoices):
    """In which order courses stand on the shelf."""

    NEWEST = "newest", _("Newest first")
    CHEAPEST = "price", _("Price: low to high")
    DEAREST = "-price", _("Price: high to low")
    TITLE = "title", _("Title: A to Z")


# What is compared in each, and whether the larger comes first. Ties are settled by the key of the
# row in the same direction, so that one index serves, forwards or backwards.
SORT_KEYS: dict[Order, tuple[Any, bool]] = {
    Order.NEWEST: (F("published_at"), True),
    Order.CHEAPEST: (PRICE_NOW, False),
    Order.DEAREST: (PRICE_NOW, True),
    Order.TITLE: (Lower("title"), False),
}


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

    def with_price_now(self, now: datetime | None = None) -> "CourseQuerySet":
        """With ``minor_now``, what each costs now in minor units, to filter and to sort by."""
        return self.annotate(minor_now=price_at(now or timezone.now()))

    def keep_sorting_prices(self, now: datetime) -> int:
        """Have courses whose sale has begun or ended stand where their price belongs.

        Return how many moved. Prices themselves are right without: nobody keeps those.
        """
        with_sale = self.filter(sale_price_minor__isnull=False)
        return with_sale.exclude(sorting_minor=price_at(now)).update(sorting_minor=price_at(now))

    def newest_first(self) -> "CourseQuerySet":
        """The latest published first."""
        return self.order_by(F("published_at").desc(nulls_last=True), "-pk")

    def sorted_by(self, order: "Order") -> "CourseQuerySet":
        """In an order that one can go on with: see ``beyond``."""
        if order == Order.NEWEST:
            return self.newest_first()
        key, is_descending = SORT_KEYS[order]
        return self.order_by(key.desc(), "-pk") if is_descending else self.order_by(key.asc(), "pk")

    def beyond(self, slug: str, *, order: "Order") -> "CourseQuerySet":
        """Those that come after the course with this slug; all, if there is none.

        The database starts at that course's place in the index, however far down it is.
        """
        key, is_descending = SORT_KEYS[order]
        place = self.model._default_manager.filter(slug=slug).values_list(key, "pk").first()
        if place is None:
            return self
        comes_after = TupleLessThan if is_descending else TupleGreaterThan
        return self.filter(comes_after(Tuple(key, F("pk")), place))

    def about(self, topic: int) -> "CourseQuerySet":
        """Those of the topic with this pk. A join would read all courses of a large topic."""
        return self.filter(topic_pks__contains=[topic])

    def free(self) -> "CourseQuerySet":
        """Those that cost nothing."""
        return self.filter(sorting_minor=0)

    def paid(self) -> "CourseQuerySet":
        """Those that cost something."""
        return self.filter(sorting_minor__gt=0)


_CourseManager = models.Manager.from_queryset(CourseQuerySet)


class CourseManager(_CourseManager["Course"]):
    """Courses, without what they are found by: nobody reads it, and it is long."""

    def get_queryset(self) -> CourseQuerySet:
        """Leave the search's own columns in the database."""
        return CourseQuerySet(self.model, using=self._db).defer("search", "topic_pks", "words")
