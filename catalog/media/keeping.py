"""Where a lesson's media lie: apart from pictures, under names that nobody guesses.

No address leads to them but one that asks first whether who wants them may see the lesson
(library/media.py). What no row names any longer is removed by a job, a day later: an upload that is
under way has no row yet, and a page that was just read still plays the old video.
"""

import logging
import secrets
from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from pathlib import Path, PurePosixPath

from django.apps import apps
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import models
from django.utils import timezone

FOLDERS = ("videos", "posters", "files")
KEPT_UNNAMED = timedelta(days=1)
LONGEST_SUFFIX = 10

logger = logging.getLogger(__name__)


class ProtectedFolder(FileSystemStorage):
    """The folder in ``MEDIA_ROOT`` to which no public address leads."""

    @cached_property
    def base_location(self) -> str:
        """The folder, wherever the media are today."""
        return str(Path(super().base_location) / "protected")

    def url(self, name: str | None) -> str:
        """Refuse: whoever asks for an address means a view that asks who is there."""
        raise ValueError("What is protected has no address of its own.")


def protected_storage() -> Storage:
    """Return where media are kept."""
    return storages["protected"]


def video_name(instance: models.Model, filename: str) -> str:
    """Return a new name for a video."""
    return _unguessable("videos", filename)


def poster_name(instance: models.Model, filename: str) -> str:
    """Return a new name for what is shown before a video plays."""
    return _unguessable("posters", filename)


def file_name(instance: models.Model, filename: str) -> str:
    """Return a new name for a file to download."""
    return _unguessable("files", filename)


def sweep() -> int:
    """Remove files of which no row has known for a day; return how many."""
    before = timezone.now() - KEPT_UNNAMED
    storage = protected_storage()
    named = set(_named())
    swept = 0
    for name in _lying(storage):
        if name not in named and storage.get_modified_time(name) < before:
            storage.delete(name)
            swept += 1
    if swept:
        logger.info("%d files swept that no lesson names", swept)
    return swept


def _unguessable(folder: str, filename: str) -> str:
    suffix = PurePosixPath(filename).suffix.lower()
    is_plain = suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= LONGEST_SUFFIX
    return f"{folder}/{secrets.token_urlsafe(24)}{suffix if is_plain else ''}"


def _named() -> Iterator[str]:
    """Return the names of the files that rows have, of whichever model."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, models.FileField) and field.storage is protected_storage():
                rows = model._default_manager.exclude(**{field.name: ""})
                yield from rows.values_list(field.name, flat=True).iterator()


def _lying(storage: Storage) -> Iterator[str]:
    for folder in FOLDERS:
        try:
            names = list(storage.listdir(folder)[1])
        except FileNotFoundError:
            continue
        yield from (f"{folder}/{name}" for name in names)
