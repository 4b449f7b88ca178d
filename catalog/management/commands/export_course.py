"""Write a course as a folder of Markdown files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.exporting import ExportRefused, export_course
from catalog.models import Course


class Command(BaseCommand):
    """Write a course as a folder of Markdown files."""

    help = (
        "Write a course as a folder of Markdown files, which import_course reads. A folder that it "
        "was exported into before is brought up to date."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a course and a folder."""
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("folder", metavar="FOLDER", type=Path)

    def handle(self, *, slug: str, folder: Path, **options: Any) -> None:
        """Write what differs, and say what that is."""
        course = Course.objects.filter(slug=slug).first()
        if course is None:
            raise CommandError(f"There is no course “{slug}”.")
        try:
            changed = export_course(course, folder)
        except (ExportRefused, OSError) as error:
            raise CommandError(str(error)) from error
        for path in changed:
            self.stdout.write(f"  {path}")
        self.stdout.write(f"“{course}” is in {folder}: {len(changed)} files changed.")
