"""Create or update courses from folders of Markdown files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.importing import InvalidCourseFolder, Report, import_folders


class Command(BaseCommand):
    """Create or update courses from folders of Markdown files."""

    help = (
        "Create or update courses from folders of Markdown files. Lessons keep what learners have "
        "done, whatever is renamed or moved, as long as the ids in the front matter stay."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one or several folders."""
        parser.add_argument("folders", metavar="FOLDER", nargs="+", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="Show what would change, and change nothing."
        )

    def handle(self, *, folders: list[Path], dry_run: bool, **options: Any) -> None:
        """Import all of the folders, or none."""
        try:
            reports = import_folders(folders, dry_run=dry_run)
        except InvalidCourseFolder as error:
            raise CommandError(str(error)) from error
        for report in reports:
            self._show(report)
        if dry_run:
            self.stdout.write("This was a dry run: nothing was changed.")

    def _show(self, report: Report) -> None:
        status = " (new)" if report.is_new else "" if report.changes else ": nothing to change"
        self.stdout.write(self.style.MIGRATE_HEADING(f"{report.title}{status}"))
        for change in report.changes:
            self.stdout.write(f"  {change}")
        for kept in report.kept:
            self.stdout.write(
                self.style.WARNING(f"  ! {kept} is gone from the folder, but in use: kept")
            )
        for remark in report.remarks:
            self.stdout.write(f"  ? {remark}")
