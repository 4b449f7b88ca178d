"""What may have a picture that was uploaded."""

from typing import ClassVar

from django.db import models

from catalog.pictures.kept import KeptPicture
from catalog.pictures.shapes import Shape

IN_AN_HOUR = 60 * 60  # seconds: pages that were just read still show the old picture


class Pictured(models.Model):
    """What may have a picture that was uploaded. Its files are found by their digest."""

    SHAPE: ClassVar[Shape]

    picture = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    picture_width = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        abstract = True

    @property
    def picture_widths(self) -> list[int]:
        """The widths in pixels that its picture has, ascending."""
        return self.SHAPE.widths_up_to(self.picture_width)

    def show_picture(self, picture: KeptPicture | None) -> None:
        """Have this picture from now on, or none; the files of the one before are removed later."""
        old = KeptPicture(self.picture, self.picture_width)
        self.picture = picture.digest if picture else ""
        self.picture_width = picture.width if picture else 0
        self.save(update_fields=["picture", "picture_width"])
        if old.digest and old != picture:
            self.leave_picture(old)

    def leave_picture(self, old: KeptPicture | None = None) -> None:
        """Have the worker remove the files of a picture that this no longer shows."""
        from catalog.jobs import forget_picture

        old = old or KeptPicture(self.picture, self.picture_width)
        if old.digest:
            forget_picture.in_seconds(IN_AN_HOUR, self.SHAPE.folder, old.digest, old.width)
