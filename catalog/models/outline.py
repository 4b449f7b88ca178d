"""What a course consists of: sections of lessons, in order."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from catalog import clock
from catalog.markdown import tidied
from catalog.models.course import Course
from catalog.models.opening import Opening, start_of
from catalog.models.searching import LessonWords
from project.written import duration

# Beside lessons, in the addresses of a course.
RESERVED = {"certificate", "notes", "review", "search", "updates"}
PASS_PERCENT = 75


def refuse_reserved(slug: str) -> None:
    """Refuse a lesson's slug that is the address of something else."""
    if slug in RESERVED:
        raise ValidationError(_("This is the address of another page of the course."))


class SectionQuerySet(models.QuerySet["Section"]):
    """Sections."""

    def with_lessons(self) -> "SectionQuerySet":
        """With their lessons, but not with what these say."""
        lessons = Lesson.objects.defer("body", "body_html").fetch_mode(models.FETCH_RAISE)
        return self.prefetch_related(Prefetch("lessons", lessons))


class Section(Opening):
    """A part of a course."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="sections")
    source_id = models.CharField(max_length=64, null=True, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=120)
    summary = models.CharField(
        max_length=200, blank=True, help_text=_("A line on what its lessons are about.")
    )

    objects = SectionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["course", "source_id"], name="section_source_once")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def minutes(self) -> int:
        """How long its lessons take; they should have been fetched."""
        return sum(lesson.minutes for lesson in self.lessons.all())

    @property
    def hours(self) -> str:
        """How long its lessons take, such as "2 h 5 min"."""
        return duration(self.minutes)


class LessonQuerySet(models.QuerySet["Lesson"]):
    """Lessons."""

    def in_order(self) -> "LessonQuerySet":
        """One after the other as they are studied, with their sections, not with what they say."""
        order = ("section__position", "section_id", "position", "pk")
        return self.select_related("section").defer("body", "body_html").order_by(*order)

    def with_media(self) -> "LessonQuerySet":
        """With their videos, and with whether they have files and questions."""
        return self.select_related("video").annotate(
            has_files=self._any_of("files"), has_questions=self._any_of("questions")
        )

    def _any_of(self, name: str) -> Exists:
        parts: Any = self.model._meta.get_field(name).related_model  # defined after lessons are
        return Exists(parts._default_manager.filter(lesson=OuterRef("pk")))

    def previews(self) -> "LessonQuerySet":
        """Those that anyone may read before buying, in the course's order."""
        return self.filter(is_preview=True).order_by("section__position", "position", "pk")


class Lesson(Opening):
    """What is read, and marked as done, in one sitting."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="lessons")
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="lessons")
    source_id = models.CharField(max_length=64, null=True, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    slug = models.SlugField(max_length=80, validators=[refuse_reserved])
    title = models.CharField(max_length=120)
    body = models.TextField(blank=True, help_text=_("Markdown."))
    body_html = models.TextField(blank=True, editable=False)
    minutes = models.PositiveSmallIntegerField(default=0, help_text=_("How long it takes."))
    is_preview = models.BooleanField(
        _("free preview"), default=False, help_text=_("Anyone may read it before buying.")
    )

    pass_percent = models.PositiveSmallIntegerField(
        default=PASS_PERCENT,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("How many of its questions have to be right, of a hundred."),
    )

    objects = LessonQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            GinIndex(LessonWords(F("title"), F("body_html")), name="lesson_words")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["course", "slug"], name="lesson_slug_once_per_course"),
            models.UniqueConstraint(fields=["course", "source_id"], name="lesson_source_once"),
            models.CheckConstraint(
                condition=Q(pass_percent__gte=1, pass_percent__lte=100),
                name="lesson_pass_percent_is_one",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def opens_at(self, since: datetime, *, moment: datetime | None = None) -> datetime | None:
        """Return when it opens to who has the course ``since``; ``None`` if it is open by then.

        It waits for its section too; both should have been fetched.
        """
        if not self.opens_later and not self.section.opens_later:
            return None
        days = [self.opening_day(since), self.section.opening_day(since)]
        opens_at = max((start_of(day) for day in days if day), default=None)
        return opens_at if opens_at and opens_at > (moment or clock.now()) else None

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the rendered lesson beside its source; a lesson belongs to its section's course."""
        self.course_id = self.section.course_id
        self.body = tidied(self.body)
        self.body_html = self.section.course.rendered(self.body)
        super().save(*args, **kwargs)
