"""Pictures in the texts of a course."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models.course import Course
from catalog.pictures.kept import ILLUSTRATIONS, KeptIllustration

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*\.(?:jpe?g|png|webp|avif)"


class Illustration(models.Model):
    """A picture that lessons show by its name: ``![A knot](images/knot.jpg)``."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="illustrations")
    name = models.CharField(
        _("name"),
        max_length=80,
        validators=[RegexValidator(rf"^{NAME}\Z", _("Give it a name such as knot.jpg."))],
        help_text=_("As texts call it: ![What one sees](images/NAME)."),
    )
    digest = models.CharField(max_length=16, editable=False)
    width = models.PositiveSmallIntegerField(editable=False)
    height = models.PositiveSmallIntegerField(editable=False)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["course", "name"], name="illustration_name_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def file_name(self) -> str:
        """Its name in the storage."""
        return f"{ILLUSTRATIONS}/{self.digest}-{self.width}.webp"

    @property
    def url(self) -> str:
        """Where it is: an address that changes when the picture does."""
        return reverse("catalog:uploaded", args=[ILLUSTRATIONS, f"{self.digest}-{self.width}.webp"])

    def show(self, kept: KeptIllustration) -> None:
        """Have this picture once the row is saved."""
        self.digest, self.width, self.height = kept.digest, kept.width, kept.height
