"""Who may study what, and how far they are."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Who may study what, and how far they are."""

    name = "library"

    def ready(self) -> None:
        """Let people take along what they have studied."""
        from library.my_data import (
            CERTIFICATES,
            INVITATIONS,
            NOTES,
            QUESTIONS,
            QUIZZES,
            REVIEWS,
            STUDIES,
        )
        from project.accounts.my_data.parts import register

        register(STUDIES)
        register(NOTES)
        register(QUESTIONS)
        register(QUIZZES)
        register(REVIEWS)
        register(CERTIFICATES)
        register(INVITATIONS)
