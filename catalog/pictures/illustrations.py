"""Pictures in texts: kept whole, in one width, as WebP, without what the camera noted."""

import hashlib
from io import BytesIO
from typing import BinaryIO

from PIL import Image

from catalog.pictures import InvalidPicture
from catalog.pictures.keeping import QUALITY
from catalog.pictures.kept import KeptIllustration
from catalog.pictures.reading import read_whole

WIDEST = 1600  # pixels
NARROWEST = 100


def read_illustration(file: BinaryIO) -> KeptIllustration:
    """Return the picture as it is going to be kept. Raise ``InvalidPicture``."""
    picture = read_whole(file, WIDEST)
    if picture.width < NARROWEST:
        raise InvalidPicture(f"This picture is too small: {picture.width} pixels wide.")
    if picture.width > WIDEST:
        height = round(picture.height * WIDEST / picture.width)
        picture = picture.resize((WIDEST, max(1, height)), Image.Resampling.LANCZOS)
    encoded = BytesIO()
    picture.save(encoded, "WEBP", quality=QUALITY, method=5)
    content = encoded.getvalue()
    return KeptIllustration(digest_of(content), picture.width, picture.height, content)


def digest_of(content: bytes) -> str:
    """Return the digest by which a file of ours is known."""
    return hashlib.sha256(content).hexdigest()[:16]
