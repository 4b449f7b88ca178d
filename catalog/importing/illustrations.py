"""The pictures of a course's texts on their way from the folder ``images`` into the shop."""

from pathlib import Path

from django.db import transaction

from catalog.importing.front_matter import InvalidCourseFolder
from catalog.importing.report import Report
from catalog.models import Course, Illustration
from catalog.pictures import InvalidPicture
from catalog.pictures.illustrations import digest_of, read_illustration


class Illustrations:
    """The import of a course's pictures. What was uploaded by hand, under other names, stays."""

    def __init__(self, course: Course, paths: list[Path], report: Report) -> None:
        self._course, self._paths, self._report = course, paths, report
        self._has_changed = False

    def put(self) -> bool:
        """Have the pictures of the folder; return whether any is another one than before."""
        known = {row.name: row for row in Illustration.objects.filter(course=self._course)}
        for path in self._paths:
            row = known.get(path.name) or Illustration(course=self._course, name=path.name)
            self._put_one(path, row)
        return self._has_changed

    def _put_one(self, path: Path, row: Illustration) -> None:
        """Keep one, unless it is there: as it was sent, or as export_course wrote it."""
        if digest_of(path.read_bytes()) == row.digest:
            return
        try:
            with path.open("rb") as file:
                picture = read_illustration(file)
        except InvalidPicture as error:
            raise InvalidCourseFolder(path, str(error)) from error
        if picture.digest == row.digest:
            return
        sign = "+" if row.pk is None else "~"
        row.show(picture)
        row.save()
        transaction.on_commit(picture.write)
        self._has_changed = True
        self._report.changes.append(f"{sign} picture {path.name}")
