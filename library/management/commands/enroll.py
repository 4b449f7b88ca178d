"""Enroll the people of a list, and say what came of each row."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.rosters import Result, UnreadableRoster, decode_roster, enroll_all, read_roster


class Command(BaseCommand):
    """Enroll the people of a list, and say what came of each row."""

    help = (
        "Enroll the people of a CSV file with the columns email, course (its slug), reason and, as "
        "you like, ends (a day). Without --commit it only says what would be. A second time "
        "changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one file."""
        parser.add_argument("file", metavar="FILE", type=Path)
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="Change nothing; the default.")
        how.add_argument("--commit", action="store_true", help="Enroll, and send the mail.")

    def handle(self, *, file: Path, commit: bool, **options: Any) -> None:
        """Enroll, or say what would be. End with an error if a row could not be done."""
        try:
            rows = read_roster(decode_roster(file.read_bytes()))
        except (OSError, UnreadableRoster) as error:
            raise CommandError(str(error)) from error
        results = enroll_all(rows, commit=commit)
        for result in results:
            self._show(result)
        if not commit:
            self.stdout.write("This was a dry run: nothing was changed. Do it with --commit.")
        if wrong := sum(result.is_wrong for result in results):
            raise CommandError(f"{wrong} of {len(results)} rows could not be done.")

    def _show(self, result: Result) -> None:
        row = result.row
        style = self.style.ERROR if result.is_wrong else self.style.SUCCESS
        words = style(result.words) if result.is_wrong or result.is_new else result.words
        self.stdout.write(f"line {row.line}: {row.email}, {row.course}: {words}")
