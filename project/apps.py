"""The site as an application: its commands, its checks and what it keeps."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The site itself."""

    name = "project"
    verbose_name = "Site"

    def ready(self) -> None:
        """Register the checks, and the job that forgets tallies."""
        from project import checks, limits  # noqa: F401
