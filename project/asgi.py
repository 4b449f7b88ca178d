"""The server's entry: ``uvicorn project.asgi:application``."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup(set_prefix=False)

from project.one_hop import OneHopHandler  # noqa: E402  it reads the settings
from project.page_cache import PageCache  # noqa: E402

application = PageCache(OneHopHandler())
