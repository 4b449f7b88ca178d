"""The server's entry: ``uvicorn project.asgi:application``."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup(set_prefix=False)

from project.site import make_site  # noqa: E402  it reads the settings

application = make_site()

# What is there now stays until the end: the collector need not look at it again and again.
gc.collect()
gc.freeze()
