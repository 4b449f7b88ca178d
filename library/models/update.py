"""What is new in a course, and until when a learner has looked at it."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog import clock
from catalog.models import Course
from project.accounts.models import User
from project.prepared import Given


class CourseUpdateQuerySet(models.QuerySet["CourseUpdate"]):
    """Pieces of news."""

    def published(self, moment: datetime | Given | None = None) -> "CourseUpdateQuerySet":
        """Those whose time has come by the moment, which is now unless it is said."""
        return self.filter(published_at__lte=moment or clock.now())

    def of(self, course: Course) -> "CourseUpdateQuerySet":
        """Those of one course that are published, newest first."""
        return self.published().filter(course=course).order_by("-published_at", "-pk")

    def unseen_by(self, learner: Given, *, moment: Given) -> Exists:
        """Say, for a query of seats, whether their course has news since the learner looked.

        What was published before the learner came is no news to them.
        """
        seen = UpdatesSeen.objects.filter(learner=learner, course=OuterRef("course"))
        since = Coalesce(Subquery(seen.values("seen_at")), OuterRef("created_at"))
        return Exists(
            self.published(moment).filter(course=OuterRef("course"), published_at__gt=since)
        )


class CourseUpdate(models.Model):
    """A piece of news about a course, for those who study it."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="updates")
    title = models.CharField(max_length=120)
    body = models.TextField(blank=True, max_length=20_000, help_text=_("Markdown."))
    body_html = models.TextField(blank=True, editable=False)
    published_at = models.DateTimeField(
        default=timezone.now, help_text=_("Learners see it from then on.")
    )
    mailed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CourseUpdateQuerySet.as_manager()

    class Meta:
        verbose_name = _("course update")
        verbose_name_plural = _("course updates")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["course", "-published_at"], name="update_by_course")
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the Markdown as safe HTML as well."""
        named = f"news-{self.published_at:%Y%m%d%H%M%S}"
        self.body_html = self.course.rendered(self.body, name=named)
        super().save(*args, **kwargs)


class UpdatesSeenQuerySet(models.QuerySet["UpdatesSeen"]):
    """How far learners have looked."""

    def note(self, learner: User, course: Course, *, newest: datetime) -> None:
        """Note that the learner has seen the course's news up to ``newest``. Write only if new."""
        if self.filter(learner=learner, course=course, seen_at__gte=newest).exists():
            return
        row = self.model(learner=learner, course=course, seen_at=newest)
        self.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["learner", "course"],
            update_fields=["seen_at"],
        )


class UpdatesSeen(models.Model):
    """Up to which piece of news a learner has looked at what is new in a course."""

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="updates_seen"
    )
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="updates_seen")
    seen_at = models.DateTimeField()

    objects = UpdatesSeenQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "course"], name="updates_seen_once")
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.course}"
