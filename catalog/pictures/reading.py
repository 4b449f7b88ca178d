"""From what somebody uploaded to a picture that is safe to show, or the reason why not.

A file is what it holds, never what it is called. Only formats of pixels are read, so that nothing
that could carry a script (SVG) is ever served from the shop's own address.
"""

from io import BytesIO
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

from catalog.pictures import InvalidPicture
from catalog.pictures.shapes import Shape

FORMATS = ["JPEG", "PNG", "WEBP", "AVIF"]
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
BEHIND_TRANSPARENCY = "#fffdf8"  # the paper of the shop's sheets


def read_picture(file: BinaryIO, shape: Shape) -> Image.Image:
    """Return the picture, upright, in sRGB, cropped to ``shape`` and without any metadata.

    Raise ``InvalidPicture`` for anything else than a JPEG, PNG, WebP or AVIF, for more than 10 MB
    or 40 megapixels, and for less than the shape's smallest width. Its pixels are decoded only once
    its header has promised that they are few enough.
    """
    picture = _upright(_opened(file), shape.widths[-1])
    width, height = shape.largest_within(*picture.size)
    if width < shape.widths[0]:
        raise InvalidPicture(
            _("This picture is too small. It should be at least %(width)s × %(height)s pixels.")
            % {"width": shape.widths[0], "height": shape.height(shape.widths[0])}
        )
    return ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)


def read_whole(file: BinaryIO, widest: int) -> Image.Image:
    """Return the picture as ``read_picture`` does, but uncropped, and of whichever shape."""
    return _upright(_opened(file), widest)


def _opened(file: BinaryIO) -> Image.Image:
    """Look at the header alone."""
    if file.seek(0, 2) > MOST_BYTES:
        raise InvalidPicture(_("This file is too large. A picture may have 10 MB."))
    file.seek(0)
    try:
        picture = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:
        raise InvalidPicture(
            _("This is no picture that we can read. Please give a JPEG, PNG, WebP or AVIF.")
        ) from error
    if picture.width * picture.height > MOST_PIXELS:
        raise _too_many_pixels()
    return picture


def _too_many_pixels() -> InvalidPicture:
    return InvalidPicture(_("This picture is too large. It may have 40 megapixels."))


def _upright(picture: Image.Image, widest: int) -> Image.Image:
    try:
        most = 2 * widest
        picture.draft("RGB", (most, most))  # a JPEG of a camera is decoded at half its size or less
        picture.load()
        profile = picture.info.get("icc_profile")
        turned = ImageOps.exif_transpose(picture)
    except Exception as error:
        raise InvalidPicture(_("This picture is damaged. Please save it again.")) from error
    plain = _without_transparency(_in_srgb(turned, profile))
    # Whatever else the file told (where it was taken, by whom) ends here.
    plain.info.clear()
    return plain


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Translate colors that are meant for another kind of screen, or for ink."""
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            translated = ImageCms.profileToProfile(picture, source, target, outputMode=mode)
        except (ImageCms.PyCMSError, OSError):
            return picture  # the profile is broken or of another kind; the pixels are not
        return translated or picture
    return picture


def _without_transparency(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    sheet = Image.new("RGBA", layer.size, BEHIND_TRANSPARENCY)
    return Image.alpha_composite(sheet, layer).convert("RGB")
