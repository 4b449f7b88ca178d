"""``manage.py reconcile``: compares the books with the gateway's, and mends them if it may."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from checkout.books import compare_books
from checkout.reconciliation import STEPS, Look, Report, Step, reconcile


class Command(BaseCommand):
    """Asks the gateway about everything that may have been missed."""

    help = (
        "Ask the gateway what is true of payments, refunds, disputes and events that the shop may "
        "have missed. Without --commit nothing is changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to mend what is found."""
        parser.add_argument("--commit", action="store_true", help="mend what is found")

    def handle(self, *, commit: bool, verbosity: int, **options: Any) -> None:
        """Go through all steps, and print what they came to. Exits with 1 if one failed."""
        report = reconcile(STEPS, commit=commit, watch=_watch if verbosity else _quietly)
        if verbosity:
            self._print_found(report)
        self._print_table(report)
        self._print_end(report, commit=commit)
        if report.failed:
            sys.exit(1)

    def _print_found(self, report: Report) -> None:
        for look in report.looks:
            for line in look.found:
                self.stdout.write(f"  {line}")
            for line in look.failed:
                self.stderr.write(f"  {line}")

    def _print_table(self, report: Report) -> None:
        width = max(len(look.title) for look in report.looks)
        self.stdout.write(f"\n{'':{width}}  looked at  found  failed")
        for look in report.looks:
            self.stdout.write(_row(look, width))

    def _print_end(self, report: Report, *, commit: bool) -> None:
        books = compare_books()
        self.stdout.write(f"\nReceived, less what the orders say: {books.difference}")
        for reason in books.reasons:
            self.stdout.write(f"  {reason}")
        if report.found and not commit:
            self.stdout.write("\nNothing was changed. Run it with --commit to mend what was found.")


def _row(look: Look, width: int) -> str:
    found, failed = len(look.found), len(look.failed)
    return f"{look.title:{width}}  {look.looked_at:9}  {found:5}  {failed:6}"


def _watch(step: Step, things: list[Any]) -> Iterable[Any]:
    return tqdm(things, desc=step.title, unit="", leave=False, disable=None)


def _quietly(step: Step, things: list[Any]) -> Iterable[Any]:
    return things
