"""Who may study what, and how far they are."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Who may study what, and how far they are."""

    name = "library"
