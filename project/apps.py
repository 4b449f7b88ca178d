"""The site as an application: its commands, its checks and what it keeps."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class ProjectConfig(AppConfig):
    """The site itself."""

    name = "project"
    verbose_name = "Site"

    def ready(self) -> None:
        """Register the checks and the job that forgets tallies; remember the language of people."""
        from project import checks, limits  # noqa: F401
        from project.language_switch import keep_choice

        user_logged_in.connect(keep_choice, dispatch_uid="keep_choice")
