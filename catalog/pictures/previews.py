"""The picture of 1200 × 630 that stands for a course where its link is shared.

The course's cover over its title, as a printer would set them: the art above, a rule in the
course's own color, paper below. It is drawn once and kept in the storage.
"""

from functools import cache
from io import BytesIO
from threading import BoundedSemaphore

import resvg_py
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageFont, ImageOps

from catalog.colors import oklch_to_rgb, with_plain_colors
from catalog.covers import WIDTH as COVER_WIDTH
from catalog.covers import draw_cover
from catalog.models import Course
from catalog.pictures.kept import picture_name, preview_digest

WIDTH, HEIGHT = 1200, 630
PAPER, INK, SOFT = "#f6f1e6", "#1b1712", "#5d5446"
MARGIN, PAPER_HEIGHT, RULE = 64, 254, 12
TITLE_SIZES = range(76, 43, -8)
MOST_LINES = 2
MOST_BYTES = 300_000
# How many colors the file has: a drawing needs few, a photograph gets as many as fit.
TONES = (256, 64, 16, 4)
FEW_COLORS = 10_000
END_OF_PNG = b"IEND\xaeB`\x82"
PATIENCE = 2.0  # seconds to wait for others that are being drawn

# One at a time in each process: it is the heaviest thing that a stranger can ask of the shop.
_desk = BoundedSemaphore(1)


class TooBusy(Exception):
    """Others are being drawn; ask again."""


def preview_picture(course: Course) -> bytes:
    """Return the course's picture as a PNG of 1200 × 630 and at most 300 kB.

    It is drawn if it was not yet, and then those of earlier days are removed. Raise ``TooBusy`` if
    others take all the time there is for that.
    """
    folder = f"previews/{course.pk}"
    name = f"{folder}/{preview_digest(course)}.png"
    if kept := _read_drawn(name):
        return kept
    if not _desk.acquire(timeout=PATIENCE):
        raise TooBusy
    try:
        if kept := _read_drawn(name):
            return kept
        drawn = draw_preview(course)
        for earlier in _names_in(folder):
            default_storage.delete(f"{folder}/{earlier}")
        default_storage.save(name, ContentFile(drawn))
    finally:
        _desk.release()
    return drawn


def draw_preview(course: Course) -> bytes:
    """Draw the picture: with its title if the font has all of its letters, or else of art alone."""
    lines = _set(course.title)
    art_height = HEIGHT - PAPER_HEIGHT if lines else HEIGHT
    sheet = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    sheet.paste(ImageOps.fit(_art(course), (WIDTH, art_height), Image.Resampling.LANCZOS), (0, 0))
    if lines:
        _print(sheet, lines, course)
    return _small_png(sheet)


def _read_drawn(name: str) -> bytes | None:
    """Return a picture that was drawn; none that another process is still writing."""
    content = _read(name)
    return content if content and content.endswith(END_OF_PNG) else None


def _read(name: str) -> bytes | None:
    try:
        with default_storage.open(name) as file:
            content: bytes = file.read()
            return content
    except FileNotFoundError:
        return None


def _names_in(folder: str) -> list[str]:
    try:
        return list(default_storage.listdir(folder)[1])
    except FileNotFoundError:
        return []


def _art(course: Course) -> Image.Image:
    """Return the cover: what was uploaded, or else the drawing."""
    if course.picture:
        name = picture_name(course.SHAPE, course.picture, course.picture_width)
        if (kept := _read(name)) is not None:
            return Image.open(BytesIO(kept)).convert("RGB")
    drawing = with_plain_colors(draw_cover(course.slug, course.hue))
    pixels = resvg_py.svg_to_bytes(
        svg_string=drawing, zoom=WIDTH / COVER_WIDTH, skip_system_fonts=True
    )
    return Image.open(BytesIO(pixels)).convert("RGB")


type _Line = tuple[str, int]


def _set(title: str) -> list[_Line]:
    """Break the title into lines, each with its size in pixels; none if it cannot be printed."""
    words = _printable(title).split()
    for size in TITLE_SIZES if words else ():
        lines = _broken(words, size)
        if len(lines) <= MOST_LINES and all(_length(line, size) <= _room() for line in lines):
            return [(line, size) for line in lines]
    return []


def _broken(words: list[str], size: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        lines = [*lines[:-1], longer] if _length(longer, size) <= _room() else [*lines, word]
    return lines


def _room() -> int:
    return WIDTH - 2 * MARGIN


def _small_png(sheet: Image.Image) -> bytes:
    # The better way takes seconds for a photograph, with its hundred thousand colors.
    is_drawing = sheet.getcolors(FEW_COLORS) is not None
    method = Image.Quantize.MEDIANCUT if is_drawing else Image.Quantize.FASTOCTREE
    content = b""
    for tones in TONES:
        file = BytesIO()
        sheet.quantize(tones, method).save(file, "PNG")
        content = file.getvalue()
        if len(content) <= MOST_BYTES:
            break
    return content


def _length(line: str, size: int) -> float:
    return _font(size).getlength(line)


def _printable(text: str) -> str:
    """Return the text as the font can print it; nothing if it lacks one of the characters."""
    plain = text.replace("–", "-").replace("—", "-").replace("\u00a0", " ")
    return plain if all(_has_letter(letter) for letter in plain) else ""


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font that Pillow brings, which is that of the English alphabet."""
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101  Pillow's wheels have FreeType
    return font


@cache
def _has_letter(letter: str) -> bool:
    """Return whether the font draws anything else than its sign for what it lacks."""
    font = _font(TITLE_SIZES[0])
    drawn, lacking = (font.getmask(text) for text in (letter, "\uffff"))
    return (drawn.size, bytes(drawn)) != (lacking.size, bytes(lacking))


def _print(sheet: Image.Image, lines: list[_Line], course: Course) -> None:
    pen = ImageDraw.Draw(sheet)
    top = HEIGHT - PAPER_HEIGHT
    pen.rectangle((0, top, WIDTH, top + RULE), fill=oklch_to_rgb(0.55, 0.15, course.hue))
    shop = _printable(settings.SHOP_NAME)
    height = sum(size * 1.12 for _, size in lines) + (52 if shop else 0)
    y = top + RULE + (PAPER_HEIGHT - RULE - height) / 2
    for line, size in lines:
        pen.text((MARGIN, y), line, INK, _font(size))
        y += size * 1.12
    pen.text((MARGIN, y + 14), shop, SOFT, _font(30))
