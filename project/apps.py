"""The site as an application: its commands and what it keeps."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The site itself."""

    name = "project"
    verbose_name = "Site"
