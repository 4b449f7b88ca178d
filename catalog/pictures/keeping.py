"""Makes the files of an uploaded picture, and writes them."""

import hashlib
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from catalog.pictures.kept import KeptPicture, picture_name
from catalog.pictures.shapes import Shape

QUALITY = 80


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
