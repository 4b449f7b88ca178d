"""The server's entry: ``uvicorn project.asgi:application``."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup(set_prefix=False)

from project.site import make_site  # noqa: E402  it reads the settings

application = make_site()
