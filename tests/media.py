"""What a lesson has beside its text, made with as little said as possible."""

import struct

from django.core.files.base import ContentFile

from catalog.models import Caption, LessonFile, Video

WEBVTT = """WEBVTT

00:00.000 --> 00:04.000
Go where it is <b>dark</b>.

wait
00:01:05.500 --> 00:01:09.000
Wait for
your eyes.
"""


def webm(*, seconds=90, doc_type=b"webm", padding=4000):
    """Return the head of a WebM that plays so long, and something behind it."""
    duration = element(0x4489, struct.pack(">d", seconds * 1000.0))
    info = element(0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(3)) + duration)
    cluster = element(0x1F43B675, bytes(range(250)) * (padding // 250))
    return element(0x1A45DFA3, element(0x4282, doc_type)) + element(0x18538067, info + cluster)


def element(name, content):
    size = (len(content) | 1 << 28).to_bytes(4)
    return name.to_bytes((name.bit_length() + 7) // 8) + size + content


def mp4(*, seconds=90, is_long=False):
    """Return the head of an MP4 that plays so long, with a box before the one that says so."""
    times = struct.pack(">QQIQ" if is_long else ">IIII", 0, 0, 600, seconds * 600)
    header = box(b"mvhd", bytes([is_long, 0, 0, 0]) + times)
    return box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", b"x" * 99) + box(b"moov", header)


def box(name, content):
    return struct.pack(">I4s", 8 + len(content), name) + content


def create_video(lesson, *, content=None, address="", seconds=90):
    """Give a lesson a video."""
    video = Video(lesson=lesson, address=address, seconds=seconds)
    if not address:
        video.play(ContentFile(content or webm(seconds=seconds), name="talk.webm"))
    video.save()
    return video


def create_captions(lesson, *, language="en", text=WEBVTT):
    """Give a lesson's video captions."""
    return Caption.objects.create(lesson=lesson, language=language, text=text)


def create_file(lesson, *, name="list.csv", content=b"a,b\n1,2\n"):
    """Give a lesson a file to download."""
    file = LessonFile(lesson=lesson)
    file.hold(ContentFile(content, name=name))
    file.save()
    return file
