"""Links and pictures in a course's texts, as they are in a folder: relative."""

import os
from pathlib import Path
from urllib.parse import quote

from catalog.importing.folder import IMAGES as FOLDER
from catalog.importing.links import is_relative
from catalog.markdown import addresses_of, rewrite_addresses
from catalog.models import Lesson
from catalog.models.addresses import IMAGES, LESSON, lesson_in


class ExportLinks:
    """Where the shop's own addresses lead within the folder; ``dead`` says which lead nowhere."""

    def __init__(self, paths: dict[Lesson, Path], pictures: set[str]) -> None:
        self.dead: list[str] = []
        self._paths = {lesson.slug: path for lesson, path in paths.items()}
        self._pictures = pictures

    def relative(self, body: str, lesson: Lesson | None) -> str:
        """Return the text of a lesson, or of the course, as its file says it."""
        here = self._paths[lesson.slug].parent if lesson else Path()

        def change(address: str) -> str | None:
            target = self._target(address)
            if target is None:
                return None
            _name, sign, heading = address.partition("#")
            relative = quote(os.path.relpath(target, here).replace(os.sep, "/"))
            return f"{relative}{sign}{heading}"

        for address in addresses_of(body):
            is_ours = is_relative(address) or address.startswith(LESSON)
            if is_ours and self._target(address) is None:
                where = f"lesson “{lesson}”" if lesson else "the description"
                self.dead.append(f"“{address}” in {where} leads nowhere")
        return rewrite_addresses(body, change)

    def _target(self, address: str) -> Path | None:
        slug = lesson_in(address)
        if slug is not None:
            return self._paths.get(slug)
        name = address.removeprefix(IMAGES)
        is_ours = address.startswith(IMAGES) and name in self._pictures
        return Path(FOLDER, name) if is_ours else None
