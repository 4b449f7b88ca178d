"""Courses as folders tell them, all or none."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import transaction

from catalog.importing.course_import import CourseImport
from catalog.importing.folder import CourseText, read_course, refuse_twice
from catalog.importing.front_matter import InvalidCourseFolder
from catalog.importing.report import Report
from catalog.models import Course
from catalog.search.indexing import refresh_search


def import_folders(folders: Sequence[Path], *, dry_run: bool = False) -> list[Report]:
    """Create or update a course for each of the folders; return what changed.

    All folders are one transaction: if one is wrong, ``InvalidCourseFolder`` is raised and nothing
    is written. A dry run does everything and takes it back.

    A row is found by the id in the front matter, so that a lesson keeps its row, and with it what
    learners have done, when its file gets another name, slug or section. What the folder does not
    tell is left alone: rows that were made by hand, and the status of a course whose front matter
    names none.

    What is gone from the folder is removed only while nothing refers to it. A lesson that somebody
    has done stays where it is, to be read and counted as before, and is reported: whoever paid for
    a course should not find their place lost because of an edit. To take it from learners
    nevertheless is a decision for a person, in the admin.
    """
    texts = [read_course(folder) for folder in folders]
    refuse_twice("id", texts, key=lambda text: text.id)
    refuse_twice("slug", texts, key=lambda text: text.slug)
    _refuse_two_bios(texts)
    with transaction.atomic():
        reports = [CourseImport(text).run() for text in texts]
        _refresh_search(texts, reports)
        if dry_run:
            transaction.set_rollback(True)
    return reports


def _refresh_search(texts: Iterable[CourseText], reports: Iterable[Report]) -> None:
    """Have the courses that changed found by what they say now."""
    changed = [text.id for text, report in zip(texts, reports, strict=True) if report.changes]
    if changed:
        courses = Course.objects.filter(source_id__in=changed)
        refresh_search(courses.values_list("pk", flat=True))


def _refuse_two_bios(texts: Iterable[CourseText]) -> None:
    """Refuse two texts about one person: each import would replace one with the other."""
    known: dict[str, CourseText] = {}
    for text in texts:
        if not text.instructor_bio:
            continue
        first = known.setdefault(text.instructor, text)
        if first.instructor_bio != text.instructor_bio:
            problem = f"instructor_bio: {first.path} says something else about {text.instructor}."
            raise InvalidCourseFolder(text.path, problem)
