"""A course as its folder tells it, checked as far as that goes without the database."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from catalog.importing.front_matter import InvalidCourseFolder, Key, TextFile, read_text_file
from catalog.importing.lesson_media import MEDIA_KEYS, MediaText, read_media
from catalog.importing.links import FolderLinks
from catalog.importing.quiz import read_quiz
from catalog.models import CourseStatus
from catalog.models.illustration import NAME
from catalog.money import to_minor

COURSE_KEYS = {
    "id": Key(str, is_required=True),
    "slug": Key(str, is_required=True),
    "title": Key(str, is_required=True),
    "summary": Key(str, is_required=True),
    "level": Key(str),
    "language": Key(str),
    "topics": Key(list),
    "instructor": Key(str, is_required=True),
    "instructor_bio": Key(str),
    "price": Key(str, is_required=True),
    "sale_price": Key(str),
    "sale_starts": Key(datetime),
    "sale_ends": Key(datetime),
    "hue": Key(int),
    "access_days": Key(int),
    "cover": Key(str),
    "outcomes": Key(list),
    "status": Key(str),
}
OPENING_KEYS = {"opens_after_days": Key(int), "opens_on": Key(date)}
SECTION_KEYS = {
    "id": Key(str, is_required=True),
    "title": Key(str, is_required=True),
    **OPENING_KEYS,
}
LESSON_KEYS = {
    "id": Key(str, is_required=True),
    "slug": Key(str, is_required=True),
    "title": Key(str, is_required=True),
    "minutes": Key(int),
    "preview": Key(bool),
    **MEDIA_KEYS,
    "quiz": Key(dict),
    **OPENING_KEYS,
}

IMAGES = "images"
_NUMBERED = re.compile(r"(\d+)-.+")


@dataclass(frozen=True)
class LessonText:
    """A lesson: ``values`` are fields of ``Lesson``, ``questions`` each those of ``Question``."""

    path: Path
    id: str
    values: dict[str, Any]
    media: MediaText
    questions: list[dict[str, Any]]


@dataclass(frozen=True)
class SectionText:
    """A section: ``values`` are fields of ``Section``."""

    path: Path
    id: str
    values: dict[str, Any]
    lessons: list[LessonText]


@dataclass(frozen=True)
class CourseText:
    """A course: ``values`` are fields of ``Course``, without what stands in other tables."""

    path: Path
    id: str
    values: dict[str, Any]
    status: CourseStatus | None
    topics: list[str]
    instructor: str
    instructor_bio: str
    cover: Path | None
    pictures: list[Path]
    sections: list[SectionText]

    @property
    def slug(self) -> str:
        """The course's part of its address."""
        return str(self.values["slug"])


class _Identified(Protocol):
    @property
    def path(self) -> Path: ...
    @property
    def id(self) -> str: ...


def read_course(folder: Path) -> CourseText:
    """Read a course. Raise ``InvalidCourseFolder`` if anything is missing or wrong."""
    if not folder.is_dir():
        raise InvalidCourseFolder(folder, "There is no such folder.")
    file = read_text_file(folder / "course.md", COURSE_KEYS)
    pictures = _pictures(folder / IMAGES)
    folders = _parts(folder, beside="course.md", are_folders=True)
    sections = [_read_section(path, at) for at, path in enumerate(folders, start=1)]
    lessons = [lesson for section in sections for lesson in section.lessons]
    refuse_twice("id", sections, key=lambda section: section.id)
    refuse_twice("id", lessons, key=lambda lesson: lesson.id)
    refuse_twice("slug", lessons, key=lambda lesson: str(lesson.values["slug"]))
    slugs = {lesson.path: str(lesson.values["slug"]) for lesson in lessons}
    links = FolderLinks(folder, slugs, pictures)
    for lesson in lessons:
        lesson.values["body"] = links.resolved(lesson.path, lesson.values["body"])
    text = _course_text(file, sections, pictures)
    text.values["description"] = links.resolved(file.path, file.body)
    return text


def _pictures(folder: Path) -> list[Path]:
    """Return the pictures that texts may show; other files are nobody's business."""
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if re.fullmatch(NAME, path.name))
    return [path for path in found if path.is_file()]


def refuse_twice[T: _Identified](name: str, texts: Iterable[T], *, key: Callable[[T], str]) -> None:
    """Raise ``InvalidCourseFolder`` if two of the files have the same."""
    first: dict[str, Path] = {}
    for text in texts:
        value = key(text)
        if value in first:
            problem = f"The {name} “{value}” is that of {first[value]} already."
            raise InvalidCourseFolder(text.path, problem)
        first[value] = text.path


def _course_text(file: TextFile, sections: list[SectionText], pictures: list[Path]) -> CourseText:
    values = file.values
    return CourseText(
        path=file.path,
        id=values["id"],
        values={
            "slug": values["slug"],
            "title": values["title"],
            "summary": values["summary"],
            "description": file.body,
            "level": values.get("level", "beginner"),
            "language": values.get("language", "en"),
            "hue": _hue(file),
            "outcomes": values.get("outcomes", []),
            "access_days": values.get("access_days"),
            **_prices(file),
        },
        status=_status(file),
        topics=values.get("topics", []),
        instructor=values["instructor"],
        instructor_bio=values.get("instructor_bio", ""),
        cover=_cover(file),
        pictures=pictures,
        sections=sections,
    )


def _hue(file: TextFile) -> int:
    hue: int = file.values.get("hue", 40)
    if not 0 <= hue < 360:
        raise InvalidCourseFolder(file.path, "hue must be 0 to 359.")
    return hue


def _cover(file: TextFile) -> Path | None:
    """Return the picture that lies beside the course's text; one elsewhere is not the course's."""
    if "cover" not in file.values:
        return None
    name = str(file.values["cover"])
    path: Path = file.path.parent / name
    if Path(name).name != name or not path.is_file():
        raise InvalidCourseFolder(file.path, f"cover: There is no file “{name}” beside it.")
    return path


def _prices(file: TextFile) -> dict[str, Any]:
    price = _minor(file, "price")
    return {"price_minor": price, "currency": settings.SHOP_CURRENCY, **_sale(file, price)}


def _sale(file: TextFile, price: int) -> dict[str, Any]:
    """Return the sale that the folder tells of; if it tells of none, the shop's is left alone."""
    starts, ends = file.values.get("sale_starts"), file.values.get("sale_ends")
    if "sale_price" not in file.values:
        if starts or ends:
            raise InvalidCourseFolder(file.path, "A sale needs a sale_price.")
        return {}
    sale_price = _minor(file, "sale_price")
    if 0 <= price <= sale_price:
        raise InvalidCourseFolder(file.path, "sale_price must be lower than price.")
    for name, moment in (("sale_starts", starts), ("sale_ends", ends)):
        if moment and moment.tzinfo is None:
            problem = f"{name} needs its time zone, such as 2026-11-30T23:00:00Z."
            raise InvalidCourseFolder(file.path, problem)
    if starts and ends and starts >= ends:
        raise InvalidCourseFolder(file.path, "sale_starts must be before sale_ends.")
    return {
        "sale_price_minor": sale_price,
        "sale_starts_at": starts,
        "sale_ends_at": ends,
    }


def _minor(file: TextFile, name: str) -> int:
    try:
        return to_minor(file.values[name], settings.SHOP_CURRENCY)
    except ValueError as error:
        raise InvalidCourseFolder(file.path, f"{name}: {error}") from error


def _status(file: TextFile) -> CourseStatus | None:
    """Return the status that the folder asks for; ``None`` leaves it to the shop."""
    if "status" not in file.values:
        return None
    try:
        return CourseStatus(file.values["status"])
    except ValueError as error:
        known = ", ".join(CourseStatus.values)
        raise InvalidCourseFolder(file.path, f"status must be one of {known}.") from error


def _read_section(folder: Path, position: int) -> SectionText:
    file = read_text_file(folder / "section.md", SECTION_KEYS)
    files = _parts(folder, beside="section.md", are_folders=False)
    return SectionText(
        path=file.path,
        id=file.values["id"],
        values={
            "title": file.values["title"],
            "summary": " ".join(file.body.split()),
            "position": position,
            **_opening(file),
        },
        lessons=[_read_lesson(path, at) for at, path in enumerate(files, start=1)],
    )


def _read_lesson(path: Path, position: int) -> LessonText:
    file = read_text_file(path, LESSON_KEYS)
    pass_percent, questions = read_quiz(file)
    return LessonText(
        path=path,
        id=file.values["id"],
        values={
            "slug": file.values["slug"],
            "title": file.values["title"],
            "minutes": file.values.get("minutes", 0),
            "is_preview": file.values.get("preview", False),
            "position": position,
            "body": file.body,
            "pass_percent": pass_percent,
            **_opening(file),
        },
        media=read_media(file),
        questions=questions,
    )


def _opening(file: TextFile) -> dict[str, Any]:
    """Return when it opens; without a word of that, with the course."""
    return {name: file.values.get(name) for name in OPENING_KEYS}


def _parts(folder: Path, *, beside: str, are_folders: bool) -> list[Path]:
    """Return the numbered folders, or else files, in their order.

    A Markdown file or a folder in a wrong place, or with no number, is an error: it was meant to
    be seen. Other files, such as pictures that are still to be worked on, are nobody's business.
    """
    found: list[tuple[int, str, Path]] = []
    for path in folder.iterdir():
        if path.name == beside or (are_folders and path.name == IMAGES):
            continue
        is_text = path.suffix == ".md" and path.is_file()
        if path.name.startswith(".") or not (is_text or path.is_dir()):
            continue
        number = _NUMBERED.fullmatch(path.name)
        if number is None or path.is_dir() != are_folders:
            expected = "folders such as 01-basics" if are_folders else "files such as 01-hello.md"
            raise InvalidCourseFolder(path, f"Beside {beside} there are only {expected}.")
        found.append((int(number[1]), path.name, path))
    return [path for _, _, path in sorted(found)]
