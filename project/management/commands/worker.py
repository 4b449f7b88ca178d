"""``manage.py worker``: does the jobs that wait, mail above all."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from project.jobs import work_off


class Command(BaseCommand):
    """Does jobs until it is told to stop."""

    help = "Do the jobs that wait: mail, open payments, tidying up. Runs until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how long a stop may last."""
        parser.add_argument(
            "--patience",
            type=float,
            default=25,
            help="seconds that jobs at hand may still take after a signal to stop (25)",
        )

    def handle(self, *, patience: float, **options: Any) -> None:
        """Work."""
        work_off(patience=patience)
