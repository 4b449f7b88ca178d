"""Where uploaded pictures lie: named by what they show, so that an address never changes its mind.

They are in Django's default storage, which is ``MEDIA_ROOT`` unless a shop on several machines
names another one that these share.
"""

import hashlib
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from catalog.pictures.shapes import Shape

QUALITY = 80


@dataclass(frozen=True)
class KeptPicture:
    """A picture that lies in the storage: its digest, and the greatest width it has there."""

    digest: str
    width: int


@dataclass(frozen=True)
class EncodedPicture:
    """A picture as it is going to be kept: its files by their names."""

    kept: KeptPicture
    files: dict[str, bytes]

    def write(self) -> None:
        """Write all the files."""
        for name, content in self.files.items():
            _write(name, content)


def keep_picture(picture: Image.Image, shape: Shape) -> KeptPicture:
    """Write the picture in all widths of its shape that it is large enough for."""
    encoded = encode_picture(picture, shape)
    encoded.write()
    return encoded.kept


def encode_picture(picture: Image.Image, shape: Shape) -> EncodedPicture:
    """Return what ``keep_picture`` writes."""
    widths = shape.widths_up_to(picture.width)
    contents = {width: _encoded(picture, width, shape) for width in widths}
    digest = hashlib.sha256(contents[widths[-1]]).hexdigest()[:16]
    return EncodedPicture(
        KeptPicture(digest, widths[-1]),
        {picture_name(shape, digest, width): content for width, content in contents.items()},
    )


def picture_name(shape: Shape, digest: str, width: int) -> str:
    """Return the name of one file in the storage, which is also the end of its address."""
    return f"{shape.folder}/{digest}-{width}.webp"


def forget_files(shape: Shape, digest: str, width: int) -> None:
    """Remove a picture in all its widths."""
    for kept in shape.widths_up_to(width):
        default_storage.delete(picture_name(shape, digest, kept))


def _write(name: str, content: bytes) -> None:
    """Write a file, unless it is there already; one that a killed process left behind is not."""
    if default_storage.exists(name):
        if default_storage.size(name) == len(content):
            return
        default_storage.delete(name)
    default_storage.save(name, ContentFile(content))


def _encoded(picture: Image.Image, width: int, shape: Shape) -> bytes:
    scaled = picture.resize((width, shape.height(width)), Image.Resampling.LANCZOS)
    file = BytesIO()
    scaled.save(file, "WEBP", quality=QUALITY, method=5)
    return file.getvalue()
