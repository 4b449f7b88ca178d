"""What can be put on the shelf and taken off it: the status that courses and bundles have."""

from typing import Any

from django.db import models
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from catalog.models.course_queries import CourseStatus

# Every move that a course or a bundle can make. Each is a verb of Sellable, and nothing else writes
# the status of one that exists. None leads back to a draft: people may have it by then.
NEXT_STATUSES = {
    CourseStatus.DRAFT: {CourseStatus.PUBLISHED, CourseStatus.UNLISTED},
    CourseStatus.PUBLISHED: {CourseStatus.UNLISTED, CourseStatus.ARCHIVED},
    CourseStatus.UNLISTED: {CourseStatus.PUBLISHED, CourseStatus.ARCHIVED},
    CourseStatus.ARCHIVED: {CourseStatus.PUBLISHED, CourseStatus.UNLISTED},
}
ON_THE_SHELF = (CourseStatus.PUBLISHED, CourseStatus.UNLISTED)


class InvalidTransition(Exception):
    """The thing cannot make this move from where it is."""


class Sellable(models.Model):
    """Something that is drafted, sold and archived."""

    status = models.CharField(max_length=16, choices=CourseStatus, default=CourseStatus.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def note_publication(self) -> None:
        """Keep the day on which it was first for sale. The caller saves."""
        if self.status in ON_THE_SHELF and self.published_at is None:
            self.published_at = timezone.now()

    def publish(self) -> bool:
        """Put it into the catalog. Return whether anything changed."""
        return self._sell_as(CourseStatus.PUBLISHED)

    def unlist(self) -> bool:
        """Sell it only to those who have its address. Return whether anything changed."""
        return self._sell_as(CourseStatus.UNLISTED)

    def archive(self) -> bool:
        """Stop selling it; its learners keep it. Return whether anything changed."""
        return self._move_to(CourseStatus.ARCHIVED)

    def _sell_as(self, status: CourseStatus) -> bool:
        return self._move_to(status, published_at=Coalesce("published_at", Now()))

    def _move_to(self, status: CourseStatus, **changes: Any) -> bool:
        """Move to ``status``; return ``False`` if it was there already.

        Check and change are one UPDATE: of two people moving the same thing, the database lets
        one through.
        """
        origins = [old for old, new in NEXT_STATUSES.items() if status in new]
        movable = type(self)._default_manager.filter(pk=self.pk, status__in=origins)
        moved = movable.update(status=status, updated_at=timezone.now(), **changes)
        self.refresh_from_db(fields=["status", "updated_at", *changes])
        if self.status != status:
            raise InvalidTransition(f"“{self}” cannot become {status.label.lower()}.")
        return bool(moved)
