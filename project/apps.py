"""The site as an application: its commands, its checks and what it keeps."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The site itself."""

    name = "project"
    verbose_name = "Site"

    def ready(self) -> None:
        """Register the checks."""
        from project import checks  # noqa: F401
