"""A lesson's video, captions and files, as they lie beside its text in a folder."""

from pathlib import Path, PurePosixPath

from django.db.models.fields.files import FieldFile

from catalog.exporting.front_matter import Value
from catalog.models import Caption, Lesson, LessonFile, Video


def media_files(lesson: Lesson, text: Path) -> tuple[dict[str, Value], dict[Path, bytes]]:
    """Return the keys of the front matter that name a lesson's media, and what these files hold.

    ``text`` is where the lesson's text lies. A file keeps its name, for that is what learners see.
    """
    values: dict[str, Value] = {}
    files: dict[Path, bytes] = {}
    video = Video.objects.filter(lesson=lesson).first()
    if video and video.file:
        name = f"{text.stem}{PurePosixPath(str(video.file.name)).suffix}"
        files[text.with_name(name)] = _content(video.file)
        values["video"] = name
    elif video:
        values["video"] = video.address
    if video and video.poster:
        values["poster"] = f"{text.stem}.webp"
        files[text.with_name(f"{text.stem}.webp")] = _content(video.poster)
    captions = {said.language: said for said in Caption.objects.filter(lesson=lesson)}
    for language, said in captions.items():
        files[text.with_name(f"{text.stem}.{language}.vtt")] = said.text.encode()
    if captions:
        values["captions"] = {language: f"{text.stem}.{language}.vtt" for language in captions}
    if names := _put_downloads(lesson, text, files):
        values["files"] = names
    return values, files


def _put_downloads(lesson: Lesson, text: Path, files: dict[Path, bytes]) -> list[str]:
    """Add what there is to download; return the names."""
    downloads = list(LessonFile.objects.filter(lesson=lesson))
    for file in downloads:
        files[text.with_name(file.name)] = _content(file.file)
    return [file.name for file in downloads]


def _content(kept: FieldFile) -> bytes:
    with kept.storage.open(str(kept.name)) as file:
        content: bytes = file.read()
    return content
