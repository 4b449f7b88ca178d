"""A course as it is sold and studied."""

from collections.abc import Hashable
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.markdown import render_markdown, tidied
from catalog.models.addresses import find_address
from catalog.models.course_queries import FACE_FIELDS, CourseManager, CourseStatus, Level
from catalog.models.findable import KeptArrayField, KeptCountField, KeptVectorField
from catalog.models.people_and_topics import Instructor, Topic
from catalog.models.pictured import Pictured
from catalog.models.price_history import lowest_before_sale, write_prices_down
from catalog.models.priced import PRICE_FIELDS, Priced
from catalog.models.sellable import ON_THE_SHELF, Sellable
from catalog.pictures.shapes import COVER
from project.written import duration

IS_LISTED = Q(status="published")


_face = attrgetter(*FACE_FIELDS)


class Course(Sellable, Priced, Pictured):
    """A course as it is sold and studied."""

    SHAPE = COVER

    slug = models.SlugField(max_length=80, unique=True)
    source_id = models.CharField(
        max_length=64,
        unique=True,
        null=True,
        blank=True,
        editable=False,
        help_text=_("The id in the front matter of the folder that the course was imported from."),
    )
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=200, help_text=_("One sentence that makes one want it."))
    description = models.TextField(blank=True, help_text=_("Markdown."))
    description_html = models.TextField(blank=True, editable=False)
    outcomes = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text=_("What one will be able to do."),
    )
    level = models.CharField(max_length=16, choices=Level, default=Level.BEGINNER)
    language = models.CharField(
        max_length=8, default="en", help_text=_("A language code, such as en.")
    )
    topics = models.ManyToManyField(Topic, related_name="courses", blank=True)
    instructor = models.ForeignKey(Instructor, on_delete=models.PROTECT, related_name="courses")
    hue = models.PositiveSmallIntegerField(
        default=40, help_text=_("The course's own color, 0 to 359.")
    )
    access_days = models.PositiveSmallIntegerField(
        _("days of access"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("How long one may study it, from the day it was bought. Empty: for ever."),
    )
    lesson_count = models.PositiveIntegerField(default=0, editable=False)
    minutes = models.PositiveIntegerField(default=0, editable=False)
    sorting_minor = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="What it costs, for an index: kept when saved, and as sales come and go.",
    )
    rating_sum = KeptCountField(default=0, db_default=0, editable=False)
    rating_count = KeptCountField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Of the reviews that are shown: whoever keeps those keeps both numbers.",
    )
    search = KeptVectorField(null=True, blank=True, editable=False)
    topic_pks = KeptArrayField(models.BigIntegerField(), null=True, blank=True, editable=False)
    words = KeptArrayField(models.TextField(), null=True, blank=True, editable=False)

    objects = CourseManager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(hue__lt=360), name="course_hue_is_an_angle"),
            models.CheckConstraint(
                condition=Q(access_days=None) | Q(access_days__gte=1),
                name="course_access_is_a_day_at_least",
            ),
            models.CheckConstraint(
                condition=Q(
                    rating_sum__gte=F("rating_count"), rating_sum__lte=F("rating_count") * 5
                ),
                name="course_ratings_are_1_to_5",
            ),
            *Priced.Meta.constraints,
        ]
        # What the catalog's page filters and sorts by; nothing but published courses stands there.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                F("published_at").desc(nulls_last=True),
                F("id").desc(),
                condition=IS_LISTED,
                name="course_published_newest",
            ),
            models.Index("sorting_minor", "id", condition=IS_LISTED, name="course_published_price"),
            models.Index(Lower("title"), "id", condition=IS_LISTED, name="course_published_title"),
            models.Index(
                "level",
                F("published_at").desc(nulls_last=True),
                F("id").desc(),
                condition=IS_LISTED,
                name="course_published_level",
            ),
            models.Index(
                "language",
                F("published_at").desc(nulls_last=True),
                F("id").desc(),
                condition=IS_LISTED,
                name="course_published_language",
            ),
            # Up to date after each save: what waits to be sorted in, every search reads through.
            GinIndex(
                "topic_pks",
                fastupdate=False,
                condition=IS_LISTED,
                name="course_published_topics",
            ),
            GinIndex(
                "search", fastupdate=False, condition=IS_LISTED, name="course_published_search"
            ),
            GinIndex(
                SearchVector("title", config="simple"),
                fastupdate=False,
                condition=IS_LISTED,
                name="course_published_in_title",
            ),
            # When time itself changes a price next.
            models.Index(
                "sale_starts_at",
                condition=Q(sale_starts_at__isnull=False),
                name="course_sale_starts",
            ),
            models.Index(
                "sale_ends_at", condition=Q(sale_ends_at__isnull=False), name="course_sale_ends"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep what follows from the rest: rendered text, day of publication, price history."""
        self.description = tidied(self.description)
        self.description_html = self.rendered(self.description)
        self.currency = self.currency or settings.SHOP_CURRENCY
        self.note_publication()
        self.sorting_minor = self.price_now
        with transaction.atomic():
            is_new = self._state.adding
            if not is_new:
                self._write_prices_down()
            super().save(*args, **kwargs)
            if is_new:
                self._write_prices_down()

    def get_absolute_url(self) -> str:
        """Return where the course is sold."""
        return reverse("catalog:course_detail", args=[self.slug])

    @property
    def is_for_sale(self) -> bool:
        """Whether it can be bought now."""
        return self.status in ON_THE_SHELF

    @property
    def hours(self) -> str:
        """How long it takes, such as "2 h 5 min"."""
        return duration(self.minutes)

    def face_at(self, moment: datetime) -> tuple[Hashable, ...]:
        """Return all that its card shows of it at ``moment``, whoever looks.

        The same at every moment if it ``has_no_sale``.
        """
        return (*_face(self), self.instructor.name, self.tag_at(moment))

    @property
    def rating(self) -> float:
        """What its learners give it on average, 1 to 5; 0 while nobody has rated it."""
        return self.rating_sum / self.rating_count if self.rating_count else 0.0

    def rendered(self, source: str, *, name: str = "") -> str:
        """Return a text of the course, in Markdown, as HTML; ``name`` is for one of several."""
        find = partial(find_address, self.slug, self.pk)
        return render_markdown(source, language=self.language, find=find, name=name)

    def render_again(self) -> None:
        """Keep the HTML of its texts as it would be now, for instance in another language."""
        from catalog.models.outline import Lesson

        html = self.rendered(self.description)
        Course.objects.filter(pk=self.pk).update(description_html=html)
        lessons = list(Lesson.objects.filter(course=self).only("body", "course"))
        for lesson in lessons:
            lesson.body_html = self.rendered(lesson.body)
        Lesson.objects.bulk_update(lessons, ["body_html"], batch_size=100)

    def recount(self) -> None:
        """Keep the number of lessons and the minutes that they take, so that no page counts."""
        from catalog.models.outline import Lesson

        lessons = Lesson.objects.filter(course=self)
        totals = lessons.aggregate(count=Count("pk"), minutes=Sum("minutes", default=0))
        Course.objects.filter(pk=self.pk).update(
            lesson_count=totals["count"], minutes=totals["minutes"]
        )
        self.refresh_from_db(fields=["lesson_count", "minutes"])

    def refresh_search(self) -> None:
        """Keep what it is found by; to be called after anything that one may search for changed."""
        from catalog.search.indexing import refresh_search

        refresh_search([self.pk])

    def _move_to(self, status: CourseStatus, **changes: Any) -> bool:
        """Move to ``status``, and note that it is sold from now on, or no more."""
        with transaction.atomic():
            has_moved = super()._move_to(status, **changes)
            if has_moved:
                self.refresh_from_db(fields=PRICE_FIELDS)
                self._write_prices_down()
                kept = {name: getattr(self, name) for name in ("compare_at_minor", "sorting_minor")}
                Course.objects.filter(pk=self.pk).update(**kept)
                self.refresh_search()
        return has_moved

    def _write_prices_down(self) -> None:
        """Write the price history, and find in it what may be struck through.

        The course is locked, so that of two people who save it the history and the row say the
        same.
        """
        Course.objects.select_for_update(no_key=True).filter(pk=self.pk).first()
        now = timezone.now()
        history = write_prices_down(self, now=now)
        self.compare_at_minor = lowest_before_sale(self, history, now)
        self.sorting_minor = self.price_at(now)
