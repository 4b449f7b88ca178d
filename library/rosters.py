"""Lists of people to enroll: a file with a row for each, read, tried, and done."""

import codecs
import csv
import io
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from catalog.models import Course
from library.by_hand import Given, enroll_address
from library.models import Enrollment
from project.accounts.models import User

logger = logging.getLogger(__name__)

NEEDED = ("email", "course", "reason")
COLUMNS = (*NEEDED, "ends")
DELIMITERS = ",;\t"  # a spreadsheet's, in one country and in another
MOST_BYTES, MOST_ROWS = 512 * 1024, 1000
LONGEST_REASON = 200


class UnreadableRoster(Exception):
    """The file is no list of people. The message says why, in words for staff."""


@dataclass(frozen=True)
class Row:
    """One line of a list, as it was written."""

    line: int
    email: str
    course: str
    reason: str
    ends: str = ""


@dataclass(frozen=True)
class Result:
    """What came of a row, or would come of it."""

    row: Row
    words: str
    given: Given | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether nothing could be done with it."""
        return self.given is None

    @property
    def is_new(self) -> bool:
        """Whether it changes anything."""
        return self.given is not None and self.given.is_new


class _WrongRow(Exception):
    """A row that nothing can be done with. The message says why."""


def decode_roster(data: bytes) -> str:
    """Return the text of a file: UTF-8, UTF-16 or Windows' own. Raise ``UnreadableRoster``."""
    if len(data) > MOST_BYTES:
        size = {"size": MOST_BYTES // 1024}
        raise UnreadableRoster(gettext("The file is larger than %(size)s KB.") % size)
    return _decoded(data).replace("\0", "")


def read_roster(text: str) -> list[Row]:
    """Return the rows of a list, with commas, semicolons or tabs. Raise ``UnreadableRoster``."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        return _rows(reader)
    except csv.Error as error:
        raise UnreadableRoster(gettext("The file is no CSV: %(why)s.") % {"why": error}) from error


def enroll_all(rows: Iterable[Row], *, given_by: User | None = None, commit: bool) -> list[Result]:
    """Enroll everybody on the list; return what came of each row, in their order.

    Each row is done whole or not at all. Without ``commit`` all of it is done and taken back, so
    that a dry run says exactly what would be: nothing is mailed then.
    """
    rows = list(rows)
    slugs = {row.course for row in rows}
    courses = {course.slug: course for course in Course.objects.filter(slug__in=slugs)}
    if commit:
        return [_enroll(row, courses, given_by) for row in rows]
    with transaction.atomic():
        # All at once and in one order: two dry runs never wait for each other in a circle.
        list(Course.objects.filter(slug__in=slugs).order_by("pk").select_for_update(no_key=True))
        results = [_enroll(row, courses, given_by) for row in rows]
        transaction.set_rollback(True)
    return results


def _enroll(row: Row, courses: dict[str, Course], given_by: User | None) -> Result:
    try:
        course, ends_at = _checked(row, courses)
        with transaction.atomic():
            given = enroll_address(
                row.email, course, reason=row.reason, given_by=given_by, ends_at=ends_at
            )
    except _WrongRow as error:
        return Result(row, str(error))
    except DatabaseError:
        logger.exception("line %s of a list was not done", row.line)
        return Result(row, gettext("the database did not take it; try again"))
    return Result(row, str(given.outcome.label), given)


def _checked(row: Row, courses: dict[str, Course]) -> tuple[Course, datetime | None]:
    """Return the row's course and end. Raise ``_WrongRow``."""
    try:
        validate_email(row.email)
    except ValidationError as error:
        raise _WrongRow(gettext("no e-mail address")) from error
    if len(row.email) > 254:
        raise _WrongRow(gettext("no e-mail address"))
    if row.course not in courses:
        raise _WrongRow(gettext("no such course"))
    if not row.reason:
        raise _WrongRow(gettext("no reason is given"))
    if len(row.reason) > LONGEST_REASON:
        limit = {"limit": LONGEST_REASON}
        raise _WrongRow(gettext("the reason is longer than %(limit)s characters") % limit)
    return courses[row.course], end_of_day(row.ends) if row.ends else None


def end_of_day(text: str) -> datetime:
    """Return the end of a day in the shop's time zone. Raise ``_WrongRow`` if it is over."""
    try:
        day = date.fromisoformat(text)
        midnight = datetime.combine(day + timedelta(days=1), time.min)
    except (ValueError, OverflowError) as error:
        raise _WrongRow(gettext("the end is no day such as 2027-12-24")) from error
    if day < timezone.localdate():
        raise _WrongRow(gettext("the end is over already"))
    return timezone.make_aware(midnight)


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """Return what stands between the names of the columns."""
    head = text.partition("\n")[0]
    return max(DELIMITERS, key=head.count)


def _rows(reader: Any) -> list[Row]:
    names = [name.strip().lower() for name in next(reader, [])]
    if missing := [name for name in NEEDED if name not in names]:
        told = gettext("The first line names the columns, %(needed)s; %(missing)s is not there.")
        facts = {"needed": ", ".join(NEEDED), "missing": ", ".join(missing)}
        raise UnreadableRoster(told % facts)
    rows = []
    for cells in reader:
        values = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        if not any(values.values()):
            continue
        known = {name: values.get(name, "") for name in COLUMNS}
        known["email"] = known["email"].lower()
        rows.append(Row(line=reader.line_num, **known))
        if len(rows) > MOST_ROWS:
            most = {"most": MOST_ROWS}
            raise UnreadableRoster(gettext("The list has more than %(most)s rows.") % most)
    return rows


def seats_of(results: Iterable[Result]) -> list[Enrollment]:
    """Return the seats that are new."""
    given = [result.given for result in results if result.given and result.is_new]
    return [known.seat for known in given if known.seat]
