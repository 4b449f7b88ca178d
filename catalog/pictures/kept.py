"""What lies in the storage, named by what it shows, so that no address changes its mind.

That is Django's default storage, which is ``MEDIA_ROOT`` unless a shop on several machines names
another one that these share.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.covers import cover_digest
from catalog.pictures.shapes import Shape

if TYPE_CHECKING:
    from catalog.models import Course

ILLUSTRATIONS = "lessons"  # the folder of the pictures in texts
EDITION = 1  # of pictures for links: counted up when their drawing changes, so that addresses do


@dataclass(frozen=True)
class KeptPicture:
    """A picture that lies in the storage: its digest, and the greatest width it has there."""

    digest: str
    width: int


@dataclass(frozen=True)
class KeptIllustration:
    """A picture in a text as it is kept. ``content`` is written by whoever keeps it."""

    digest: str
    width: int
    height: int
    content: bytes

    def write(self) -> None:
        """Write the file, unless it is there."""
        name = f"{ILLUSTRATIONS}/{self.digest}-{self.width}.webp"
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(self.content))


def picture_name(shape: Shape, digest: str, width: int) -> str:
    """Return the name of one file in the storage, which is also the end of its address."""
    return f"{shape.folder}/{digest}-{width}.webp"


def forget_files(shape: Shape, digest: str, width: int) -> None:
    """Remove a picture in all its widths."""
    for kept in shape.widths_up_to(width):
        default_storage.delete(picture_name(shape, digest, kept))


def preview_digest(course: "Course") -> str:
    """Return what changes when the course's picture for links does, for its address."""
    looks = course.picture or cover_digest(course.slug, course.hue)
    told = [EDITION, looks, course.hue, course.title, settings.SHOP_NAME]
    return hashlib.sha256("\n".join(map(str, told)).encode()).hexdigest()[:12]
