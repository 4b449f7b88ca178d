"""A course on its way from the database into its folder."""

from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.text import slugify

from catalog.exporting.front_matter import Value, text_file
from catalog.exporting.lesson_media import media_files
from catalog.exporting.links import ExportLinks
from catalog.exporting.readying import make_ready
from catalog.importing.folder import COURSE_KEYS, IMAGES
from catalog.importing.front_matter import InvalidCourseFolder, read_text_file
from catalog.importing.quiz import write_quiz
from catalog.models import Course, Illustration, Lesson, Section
from catalog.models.opening import Opening
from catalog.models.outline import PASS_PERCENT
from catalog.money import to_decimal
from catalog.pictures.kept import picture_name

COVER = "cover.webp"


class ExportRefused(Exception):
    """The course cannot be written there; the message says why."""


@transaction.atomic
def export_course(course: Course, folder: Path) -> list[Path]:
    """Write the course into a folder, of which ``import_course`` makes the same course again.

    Return what was written or removed, relative to it. The folder is new, empty, or the course's
    own, which is then brought up to date: files of it that are no part of a course stay.

    Raise ``ExportRefused`` before anything is written, if the folder is somebody else's, or a text
    leads to a lesson or a picture that there is not.
    """
    course = Course.objects.select_for_update(of=("self",)).get(pk=course.pk)
    _refuse_other_folders(course, folder)
    files = _files_of(course)
    changed = [path for path, content in files.items() if _differs(folder / path, content)]
    stale = [path for path in _parts_in(folder) if path not in files]
    for path in changed:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(files[path])
    for path in stale:
        (folder / path).unlink()
    _remove_empty(folder, {path.parent for path in stale})
    return sorted([*changed, *stale])


def _refuse_other_folders(course: Course, folder: Path) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        own = read_text_file(folder / "course.md", COURSE_KEYS).values["id"] == course.source_id
    except InvalidCourseFolder:
        own = False
    if not own:
        raise ExportRefused(f"{folder} is not empty, and not the folder of “{course}”.")


def _files_of(course: Course) -> dict[Path, bytes]:
    """Return the whole folder: what each file holds, by its path in it."""
    outline = make_ready(course)
    pictures = list(Illustration.objects.filter(course=course))
    paths = {
        lesson: Path(_section_name(section), f"{lesson.position:02}-{lesson.slug}.md")
        for section, lessons in outline
        for lesson in lessons
    }
    links = ExportLinks(paths, {picture.name for picture in pictures})
    files: dict[Path, str | bytes] = {Path("course.md"): _course_file(course, links)}
    for section, lessons in outline:
        files[Path(_section_name(section), "section.md")] = _section_file(section)
        for lesson in lessons:
            media, beside = media_files(lesson, paths[lesson])
            text = links.relative(lesson.body, lesson)
            files[paths[lesson]] = _lesson_file(lesson, text, media)
            for path, content in beside.items():
                if files.setdefault(path, content) != content:
                    raise ExportRefused(f"Two files of “{section}” are called {path.name}.")
    if course.picture:
        name = picture_name(course.SHAPE, course.picture, course.picture_widths[-1])
        files[Path(COVER)] = _stored(name)
    for picture in pictures:
        files[Path(IMAGES, picture.name)] = _stored(picture.file_name)
    if links.dead:
        raise ExportRefused("Please mend first: " + "; ".join(links.dead) + ".")
    return {path: _bytes(content) for path, content in files.items()}


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _section_name(section: Section) -> str:
    return f"{section.position:02}-{slugify(section.title) or 'section'}"


def _course_file(course: Course, links: ExportLinks) -> str:
    values: dict[str, Value] = {
        "id": course.source_id,
        "slug": course.slug,
        "title": course.title,
        "summary": course.summary,
        "level": course.level,
        "language": course.language,
        "topics": [topic.name for topic in course.topics.order_by("name")],
        "instructor": course.instructor.name,
        "instructor_bio": course.instructor.bio or None,
        "price": _amount(course.price_minor, course.currency),
        "sale_price": _amount(course.sale_price_minor, course.currency),
        "sale_starts": course.sale_starts_at,
        "sale_ends": course.sale_ends_at,
        "hue": course.hue,
        "access_days": course.access_days,
        "cover": COVER if course.picture else None,
        "outcomes": course.outcomes,
        "status": course.status,
    }
    return text_file(values, links.relative(course.description, None))


def _amount(minor: int | None, currency: str) -> str | None:
    return None if minor is None else str(to_decimal(minor, currency))


def _section_file(section: Section) -> str:
    values: dict[str, Value] = {"id": section.source_id, "title": section.title}
    return text_file({**values, **_opening(section)}, section.summary)


def _lesson_file(lesson: Lesson, body: str, media: dict[str, Value]) -> str:
    values: dict[str, Value] = {
        "id": lesson.source_id,
        "slug": lesson.slug,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "preview": lesson.is_preview,
        **media,
    }
    quiz = write_quiz(lesson)
    if not quiz and lesson.pass_percent != PASS_PERCENT:
        quiz = {"pass_percent": lesson.pass_percent}
    return text_file({**values, **_opening(lesson), "quiz": quiz or None}, body)


def _opening(part: Opening) -> dict[str, Value]:
    return {"opens_after_days": part.opens_after_days, "opens_on": part.opens_on}


def _stored(name: str) -> bytes:
    with default_storage.open(name) as file:
        content: bytes = file.read()
    return content


def _differs(path: Path, content: bytes) -> bool:
    return not path.is_file() or path.read_bytes() != content


def _parts_in(folder: Path) -> list[Path]:
    """Return the files that are a part of a course as folders tell it."""
    patterns = ("course.md", "[0-9]*-*/section.md", "[0-9]*-*/[0-9]*-*.md", f"{IMAGES}/*.*", COVER)
    return [path.relative_to(folder) for name in patterns for path in folder.glob(name)]


def _remove_empty(folder: Path, parents: set[Path]) -> None:
    for parent in parents - {Path()}:
        if not any((folder / parent).iterdir()):
            (folder / parent).rmdir()
