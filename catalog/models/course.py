"""A course as it is sold and studied."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce, Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.markdown import render_markdown
from catalog.models.course_queries import CourseQuerySet, CourseStatus, Level
from catalog.models.people_and_topics import Instructor, Topic
from catalog.money import format_money
from project.written import duration

# Every move a course can make. Each is a verb of Course, and nothing else writes the status of one
# that exists. None leads back to a draft: learners may have it by then.
NEXT_STATUSES = {
    CourseStatus.DRAFT: {CourseStatus.PUBLISHED, CourseStatus.UNLISTED},
    CourseStatus.PUBLISHED: {CourseStatus.UNLISTED, CourseStatus.ARCHIVED},
    CourseStatus.UNLISTED: {CourseStatus.PUBLISHED, CourseStatus.ARCHIVED},
    CourseStatus.ARCHIVED: {CourseStatus.PUBLISHED, CourseStatus.UNLISTED},
}


class InvalidTransition(Exception):
    """The thing cannot make this move from where it is."""


class Course(models.Model):
    """A course as it is sold and studied."""

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
    price_minor = models.PositiveIntegerField(
        _("price"), help_text=_("In the smallest unit of the shop's currency: 3900 for $39.")
    )
    compare_at_minor = models.PositiveIntegerField(
        _("compare-at price"),
        null=True,
        blank=True,
        help_text=_("An earlier, higher price, if honest."),
    )
    currency = models.CharField(max_length=3, editable=False)
    status = models.CharField(max_length=16, choices=CourseStatus, default=CourseStatus.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    lesson_count = models.PositiveIntegerField(default=0, editable=False)
    minutes = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CourseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(hue__lt=360), name="course_hue_is_an_angle"),
            models.CheckConstraint(
                condition=Q(compare_at_minor__isnull=True)
                | Q(compare_at_minor__gt=F("price_minor")),
                name="course_compare_at_is_higher",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                F("published_at").desc(nulls_last=True),
                F("id").desc(),
                condition=Q(status="published"),
                name="course_published_newest",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the rendered description beside its source, and the day of publication."""
        self.description_html = render_markdown(self.description)
        self.currency = self.currency or settings.SHOP_CURRENCY
        if self.is_for_sale and self.published_at is None:
            self.published_at = timezone.now()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Return where the course is sold."""
        return reverse("catalog:course_detail", args=[self.slug])

    @property
    def price(self) -> str:
        """The price as people write it, or "Free"."""
        return (
            format_money(self.price_minor, self.currency) if self.price_minor else gettext("Free")
        )

    @property
    def is_for_sale(self) -> bool:
        """Whether it can be bought now."""
        return self.status in (CourseStatus.PUBLISHED, CourseStatus.UNLISTED)

    @property
    def hours(self) -> str:
        """How long it takes, such as "2 h 5 min"."""
        return duration(self.minutes)

    def publish(self) -> bool:
        """Put it into the catalog. Return whether anything changed."""
        return self._sell_as(CourseStatus.PUBLISHED)

    def unlist(self) -> bool:
        """Sell it only to those who have its address. Return whether anything changed."""
        return self._sell_as(CourseStatus.UNLISTED)

    def archive(self) -> bool:
        """Stop selling it; its learners keep it. Return whether anything changed."""
        return self._move_to(CourseStatus.ARCHIVED)

    def recount(self) -> None:
        """Keep the number of lessons and the minutes that they take, so that no page counts."""
        from catalog.models.outline import Lesson

        lessons = Lesson.objects.filter(course=self)
        totals = lessons.aggregate(count=Count("pk"), minutes=Sum("minutes", default=0))
        Course.objects.filter(pk=self.pk).update(
            lesson_count=totals["count"], minutes=totals["minutes"]
        )
        self.refresh_from_db(fields=["lesson_count", "minutes"])

    def _sell_as(self, status: CourseStatus) -> bool:
        return self._move_to(status, published_at=Coalesce("published_at", Now()))

    def _move_to(self, status: CourseStatus, **changes: Any) -> bool:
        """Move to ``status``; return ``False`` if it was there already.

        Check and change are one UPDATE: of two people moving the same course, the database lets
        one through.
        """
        origins = [old for old, new in NEXT_STATUSES.items() if status in new]
        movable = Course.objects.filter(pk=self.pk, status__in=origins)
        moved = movable.update(status=status, updated_at=timezone.now(), **changes)
        self.refresh_from_db(fields=["status", "updated_at", *changes])
        if self.status != status:
            raise InvalidTransition(f"“{self}” cannot become {status.label.lower()}.")
        return bool(moved)
