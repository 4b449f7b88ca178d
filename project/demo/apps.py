"""The demo as an application."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The shop to try."""

    name = "project.demo"
    label = "demo"
    verbose_name = "Demo"

    def ready(self) -> None:
        """Have ``check --deploy`` warn of it."""
        from project.demo import checks  # noqa: F401
