"""Who teaches, and what a course is about."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.pictured import Pictured
from catalog.pictures.shapes import PORTRAIT


class Topic(models.Model):
    """What a course is about."""

    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class Instructor(Pictured):
    """Who teaches."""

    SHAPE = PORTRAIT

    name = models.CharField(max_length=120, unique=True)
    bio = models.TextField(blank=True, help_text=_("A sentence or two."))

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name
