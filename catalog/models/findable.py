"""What is kept beside the courses so that no page counts, and that saving one leaves alone.

Only ``catalog.search.indexing`` writes what the search keeps.
"""

from functools import cached_property
from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F

from project.prepared import Prepared


class Kept:
    """A column that saving its row leaves alone.

    A course that was read a moment ago would otherwise put back what it was found by then.
    """

    def pre_save(self: Any, model_instance: models.Model, add: bool) -> Any:
        """Start empty, and stay as the database has it."""
        return self.get_default() if add else F(self.attname)


class KeptVectorField(Kept, SearchVectorField):  # type: ignore[type-arg]  # nor is it
    """A search vector that saving its row leaves alone."""


class KeptArrayField(Kept, ArrayField):  # type: ignore[type-arg]  # not generic at run time
    """A list that saving its row leaves alone."""


class KeptCountField(Kept, models.PositiveIntegerField):  # type: ignore[type-arg]  # nor is it
    """A number that saving its row leaves alone."""


class SearchWord(models.Model):
    """A word of the catalog, from which what somebody mistyped is guessed."""

    word = models.CharField(max_length=30, primary_key=True)
    courses = models.PositiveIntegerField(help_text="How many published courses use it.")

    def __str__(self) -> str:
        return self.word


class AssortmentQuerySet(models.QuerySet["Assortment"]):
    """The one row, once there is a course."""

    def current(self) -> "Assortment":
        """Return what there is to choose from; before the first course, nothing."""
        return _assortment.first() or Assortment()


class Assortment(models.Model):
    """What there is to choose from on the catalog's shelf: one row, kept so that no page counts."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.UUIDField(
        default=uuid4, help_text="Another with every change, also of the words."
    )
    topics = models.JSONField(default=list, help_text="Of published courses: id, slug, name.")
    languages = models.JSONField(default=list, help_text="Codes, the commonest first.")

    objects = AssortmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(id=1), name="assortment_is_one_row")
        ]

    def __str__(self) -> str:
        return "What there is to choose from"

    @cached_property
    def face(self) -> tuple[str, ...]:
        """All that is shown of it."""
        named = (f"{topic['slug']} {topic['name']}" for topic in self.topics)
        return *named, *self.languages


_assortment = Prepared(lambda: Assortment.objects.all())
