"""The demo as an application."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The shop to try."""

    name = "project.demo"
    label = "demo"
    verbose_name = "Demo"
