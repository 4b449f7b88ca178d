"""What captions say, and when: read from WebVTT, which browsers show over a video."""

from dataclasses import dataclass

import webvtt
from django.utils.translation import gettext as _
from webvtt.errors import MalformedCaptionError, MalformedFileError

MOST_BYTES = 1024 * 1024  # of a file: ten hours of talk have half of that


class InvalidCaptions(Exception):
    """The text is not WebVTT; the message tells its owner why."""


@dataclass(frozen=True)
class Cue:
    """What is said from a second on."""

    seconds: int
    words: str


def decode_captions(content: bytes) -> str:
    """Return a file's text. Raise ``InvalidCaptions`` if it is none, or has more than 1 MB."""
    if len(content) > MOST_BYTES:
        raise InvalidCaptions(_("This file is too large. Captions may have 1 MB."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidCaptions(_("This is not UTF-8 text.")) from error
    if "\0" in text:
        raise InvalidCaptions(_("This is not UTF-8 text."))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_cues(text: str) -> list[Cue]:
    """Return what is said, in its order. Raise ``InvalidCaptions`` if the text is no WebVTT."""
    try:
        captions = webvtt.from_string(text).captions
    except (MalformedFileError, MalformedCaptionError, ValueError) as error:
        raise InvalidCaptions(
            _("Browsers cannot show these captions. Please give a WebVTT file.")
        ) from error
    cues = [Cue(int(said.start_in_seconds), " ".join(said.text.split())) for said in captions]
    if not any(cue.words for cue in cues):
        raise InvalidCaptions(_("These captions say nothing."))
    return sorted((cue for cue in cues if cue.words), key=lambda cue: cue.seconds)
