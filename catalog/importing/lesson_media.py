"""A lesson's video, captions and files, which lie beside its text."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db.models.fields.files import FieldFile

from catalog.importing.front_matter import InvalidCourseFolder, Key, TextFile
from catalog.media.videos import InvalidVideo
from catalog.media.webvtt import InvalidCaptions, decode_captions
from catalog.models import Caption, Lesson, LessonFile, Video
from catalog.models.media import POSTER, safe_name
from catalog.pictures import InvalidPicture
from catalog.pictures.reading import read_picture

MEDIA_KEYS = {
    "video": Key(str),
    "poster": Key(str),
    "captions": Key(dict),
    "files": Key(list),
}
CHUNK = 1024 * 1024  # bytes


@dataclass(frozen=True)
class MediaText:
    """What a lesson's file names. What it does not name, in the shop is left alone."""

    path: Path
    video: Path | None = None
    address: str = ""
    poster: Path | None = None
    captions: dict[str, Path] = field(default_factory=dict)
    files: list[Path] | None = None


def read_media(file: TextFile) -> MediaText:
    """Return what the front matter names. Raise ``InvalidCourseFolder`` if it is not there."""
    video: str = file.values.get("video", "")
    is_elsewhere = video.startswith("https://")
    files: list[str] | None = file.values.get("files")
    return MediaText(
        path=file.path,
        video=_beside(file, "video", video) if video and not is_elsewhere else None,
        address=video if is_elsewhere else "",
        poster=_beside(file, "poster", file.values["poster"]) if "poster" in file.values else None,
        captions={
            language: _beside(file, "captions", name if isinstance(name, str) else "")
            for language, name in file.values.get("captions", {}).items()
        },
        files=None if files is None else [_beside(file, "files", name) for name in files],
    )


def put_media(lesson: Lesson, text: MediaText) -> list[str]:
    """Give the lesson what its file names; return what changed, as people read it.

    Raise ``InvalidCourseFolder`` for what is no video, picture or captions. What is written and
    then taken back is swept with all that no row names (catalog/media/keeping.py).
    """
    return [*_put_video(lesson, text), *_put_captions(lesson, text), *_put_files(lesson, text)]


def _beside(file: TextFile, key: str, name: str) -> Path:
    path = file.path.parent / name
    if Path(name).name != name or not path.is_file():
        raise InvalidCourseFolder(file.path, f"{key}: There is no file “{name}” beside it.")
    return path


def _put_video(lesson: Lesson, text: MediaText) -> list[str]:
    video = Video.objects.filter(lesson=lesson).first() or Video(lesson=lesson)
    changes = []
    with ExitStack() as opened:
        if text.address and video.address != text.address:
            video.address = text.address
            video.file = None
            changes.append(f"video {text.address}")
        elif text.video and not _holds(video.file, text.video):
            content = opened.enter_context(text.video.open("rb"))
            with _told_of(text.video):
                video.play(File(content))
            video.address = ""
            changes.append(f"video {text.video.name}")
        if text.poster and (video.file or video.address) and not _begins_with(video, text.poster):
            changes.append(f"poster {text.poster.name}")
        if changes:
            with _told_of(text.path):
                video.clean_fields(exclude=["lesson"])
            video.save()
    return changes


def _begins_with(video: Video, path: Path) -> bool:
    """Return whether the video has this poster already; if not, give it that."""
    if _holds(video.poster, path):
        return True
    before = _content(video.poster)
    with path.open("rb") as file, _told_of(path):
        video.begin_with(read_picture(file, POSTER))
    encoded: bytes = video.poster.file.read()
    video.poster.file.seek(0)
    return before == encoded


def _put_captions(lesson: Lesson, text: MediaText) -> list[str]:
    changes = []
    for language, path in text.captions.items():
        caption = Caption.objects.filter(lesson=lesson, language=language).first()
        caption = caption or Caption(lesson=lesson, language=language)
        with _told_of(path):
            said = decode_captions(path.read_bytes())
            if said == caption.text:
                continue
            caption.text = said
            caption.clean_fields(exclude=["lesson", "cues"])
            caption.save()
        changes.append(f"captions {path.name}")
    return changes


def _put_files(lesson: Lesson, text: MediaText) -> list[str]:
    """Have the lesson's files be those that are named, in that order."""
    if text.files is None:
        return []
    changes = []
    known = {file.name: file for file in LessonFile.objects.filter(lesson=lesson)}
    for position, path in enumerate(text.files):
        file = known.pop(safe_name(path.name), None) or LessonFile(lesson=lesson, position=position)
        if not _holds(file.file, path):
            with path.open("rb") as content:
                file.position = position
                file.hold(File(content, name=path.name))
                file.save()
            changes.append(f"file {path.name}")
        elif file.position != position:
            LessonFile.objects.filter(pk=file.pk).update(position=position)
            changes.append(f"file {path.name} in another place")
    for gone in known.values():
        gone.delete()
        changes.append(f"no file {gone.name}")
    return changes


def _holds(kept: FieldFile, path: Path) -> bool:
    """Return whether what is kept is what lies there, without having all of it in memory."""
    try:
        if not kept or kept.size != path.stat().st_size:
            return False
        with kept.storage.open(str(kept.name)) as ours, path.open("rb") as theirs:
            while chunk := theirs.read(CHUNK):
                if ours.read(CHUNK) != chunk:
                    return False
    except FileNotFoundError:
        return False
    return True


def _content(kept: FieldFile) -> bytes:
    try:
        if not kept:
            return b""
        with kept.storage.open(str(kept.name)) as file:
            content: bytes = file.read()
            return content
    except FileNotFoundError:
        return b""


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Say which file is no good."""
    try:
        yield
    except (InvalidVideo, InvalidCaptions, InvalidPicture) as error:
        raise InvalidCourseFolder(path, str(error)) from error
    except ValidationError as error:
        raise InvalidCourseFolder(path, "; ".join(error.messages)) from error
