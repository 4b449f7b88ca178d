"""Fill the catalog with made-up courses."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from catalog.models import Course
from catalog.seeding import seed_courses


class Command(BaseCommand):
    """Fill the catalog with made-up courses."""

    help = (
        "Fill the catalog with made-up courses, to see how the shop does with many. Courses that "
        "are there count, and stay as they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how many courses there shall be."""
        parser.add_argument(
            "--courses", type=int, required=True, metavar="N", help="how many there shall be in all"
        )
        parser.add_argument("--seed", type=int, default=1, help="another seed makes others (1)")
        parser.add_argument(
            "--force", action="store_true", help="also in a shop that is not a demo"
        )

    def handle(self, *, courses: int, seed: int, force: bool, **options: Any) -> None:
        """Make what is missing."""
        if not (settings.DEMO or settings.DEBUG or settings.IS_LOCAL or force):
            raise CommandError(
                "This shop is not a demo, and its visitors could buy what is made up here. "
                "If that is what you want, say --force."
            )
        missing = max(0, courses - Course.objects.published().count())
        with tqdm(
            total=missing, unit="course", disable=not missing, file=sys.stderr, leave=False
        ) as bar:
            made = seed_courses(courses, seed=seed, report=bar.update)
        self.stdout.write(
            f"Made {made} courses. The catalog lists {Course.objects.published().count()}."
        )
