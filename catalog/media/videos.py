"""What an uploaded video is, told from what it holds, and how long it plays.

Only the boxes and elements that say so are read, never the pictures.
Sources: ISO/IEC 14496-12 (MP4's ``ftyp``, ``moov`` and ``mvhd``), RFC 8794 and RFC 9559 (WebM's
EBML header, ``Segment``, ``Info`` and ``Duration``).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

EBML, DOC_TYPE, SEGMENT, INFO = 0x1A45DFA3, 0x4282, 0x18538067, 0x1549A966
TIMESTAMP_SCALE, DURATION, CLUSTER = 0x2AD7B1, 0x4489, 0x1F43B675
MOST_ELEMENTS = 10_000  # read of a file before we give up
LONGEST_NUMBER = 8  # bytes


class InvalidVideo(Exception):
    """The file cannot be played; the message tells its owner why."""


@dataclass(frozen=True)
class VideoFacts:
    """What a file says of itself. ``seconds`` is 0 if it does not say."""

    suffix: str
    content_type: str
    seconds: int


def read_video(file: BinaryIO) -> VideoFacts:
    """Return what kind of video the file is. Raise ``InvalidVideo`` if no browser plays it."""
    file.seek(0)
    head = file.read(12)
    try:
        if head[4:8] == b"ftyp":
            return VideoFacts(".mp4", "video/mp4", _mp4_seconds(file))
        if head[:4] == EBML.to_bytes(4) and _doc_type(file) == b"webm":
            return VideoFacts(".webm", "video/webm", _webm_seconds(file))
    except (struct.error, EOFError, ValueError, OverflowError) as error:
        raise InvalidVideo(_("This video is damaged. Please save it again.")) from error
    finally:
        file.seek(0)
    raise InvalidVideo(_("Browsers cannot play this video. Please give an MP4 or a WebM."))


# MP4: boxes in boxes, each with its length before its name


def _mp4_seconds(file: BinaryIO) -> int:
    end = file.seek(0, 2)
    for start, stop in _boxes(file, b"moov", 0, end):
        for inner, _end in _boxes(file, b"mvhd", start, stop):
            return _movie_seconds(file, inner)
    raise ValueError("No mvhd.")


def _boxes(file: BinaryIO, wanted: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the contents of the boxes of this name begin and end."""
    for _count in range(MOST_ELEMENTS):
        if start + 8 > end:
            return
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        content = start + 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            content += 8
        stop = end if size == 0 else start + size
        if stop < content:
            raise ValueError("A box ends before it begins.")
        if name == wanted:
            yield content, min(stop, end)
        start = stop


def _movie_seconds(file: BinaryIO, at: int) -> int:
    file.seek(at)
    is_long = file.read(1) == b"\1"
    file.seek(at + (20 if is_long else 12))
    scale, ticks = struct.unpack(">IQ" if is_long else ">II", file.read(12 if is_long else 8))
    return round(ticks / scale) if scale else 0


# WebM: elements with an id, a length, and what they hold


def _doc_type(file: BinaryIO) -> bytes:
    for name, start, size in _elements(file, 0, None):
        if name == EBML:
            for inner, at, length in _elements(file, start, start + size):
                if inner == DOC_TYPE and length <= LONGEST_NUMBER:
                    file.seek(at)
                    return file.read(length).rstrip(b"\0")
        break
    return b""


def _webm_seconds(file: BinaryIO) -> int:
    for name, start, size in _elements(file, 0, None):
        if name == SEGMENT:
            for inner, at, length in _elements(file, start, start + size):
                if inner == INFO:
                    return _info_seconds(file, at, length)
                if inner == CLUSTER:
                    return 0
    return 0


def _info_seconds(file: BinaryIO, start: int, size: int) -> int:
    scale, ticks = 1_000_000, 0.0
    for name, at, length in _elements(file, start, start + size):
        file.seek(at)
        if name == TIMESTAMP_SCALE and length <= LONGEST_NUMBER:
            scale = int.from_bytes(file.read(length))
        elif name == DURATION and length in (4, 8):
            (ticks,) = struct.unpack(">f" if length == 4 else ">d", file.read(length))
    # A duration is more than nothing. Source: RFC 9559, 5.1.2.10.
    return max(0, round(ticks * scale / 1_000_000_000))


def _elements(file: BinaryIO, start: int, end: int | None) -> Iterator[tuple[int, int, int]]:
    """Yield each element's id, and where what it holds begins, and its length in bytes."""
    end = file.seek(0, 2) if end is None else end
    for _count in range(MOST_ELEMENTS):
        if start >= end:
            return
        file.seek(start)
        name = _number(file, keeps_marker=True)
        size = _number(file, keeps_marker=False)
        content = file.tell()
        yield name, content, min(size, end - content)
        start = content + size


def _number(file: BinaryIO, *, keeps_marker: bool) -> int:
    """Read a number whose first bits tell its length; all ones mean "until the end"."""
    first = file.read(1)
    if not first or not first[0]:
        raise EOFError
    length = 9 - first[0].bit_length()
    rest = file.read(length - 1)
    if len(rest) != length - 1:
        raise EOFError
    number = int.from_bytes(first + rest)
    if keeps_marker:
        return number
    number &= (1 << 7 * length) - 1
    return 1 << 62 if number == (1 << 7 * length) - 1 else number
