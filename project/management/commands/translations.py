"""``manage.py translations``: after texts have changed, renews the files of their translations."""

from typing import Any

from django.core.management.base import BaseCommand

from project import translations


class Command(BaseCommand):
    """Finds all texts, writes each language's catalog anew, and compiles it."""

    help = "Find all texts in code and templates, and renew the catalogs of their translations."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Renew every language, and name what has no translation yet."""
        for language in translations.languages():
            catalog = translations.renew(language)
            missing = translations.missing(catalog)
            path = translations.file_of(language)
            self.stdout.write(f"{path}: {len(catalog)} texts, {len(missing)} to be translated")
            for text in missing:
                self.stdout.write(f"  {text!r}")
