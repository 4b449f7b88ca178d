"""Links and pictures in a folder's texts: relative there, and the shop's own in the shop."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote

from catalog.importing.front_matter import InvalidCourseFolder, line_with
from catalog.markdown import addresses_of, rewrite_addresses
from catalog.models.addresses import IMAGES, LESSON

_ABSOLUTE = ("/", "#", "?")


class FolderLinks:
    """Where the relative addresses of one folder lead.

    ``lessons`` are the slugs of its lessons by their paths, ``pictures`` the paths of what lies in
    its folder ``images``.
    """

    def __init__(self, folder: Path, lessons: Mapping[Path, str], pictures: list[Path]) -> None:
        self._folder = folder
        self._lessons = {os.path.normpath(path): slug for path, slug in lessons.items()}
        self._pictures = {os.path.normpath(path): path.name for path in pictures}

    def resolved(self, path: Path, body: str) -> str:
        """Return the text as the shop keeps it. Raise ``InvalidCourseFolder`` for a dead link."""
        find = self._finder(path.parent)
        for address in addresses_of(body):
            if is_relative(address) and find(address) is None:
                problem = f"“{unquote(address)}” names no lesson, and no picture in images/."
                raise InvalidCourseFolder(path, problem, line=line_with(path, unquote(address)))
            if address.startswith(LESSON) and self._names_no_lesson(address):
                problem = f"“{address}” names no lesson."
                raise InvalidCourseFolder(path, problem, line=line_with(path, address))
        return rewrite_addresses(body, find)

    def _names_no_lesson(self, address: str) -> bool:
        slug = address.removeprefix(LESSON).partition("#")[0]
        return slug not in self._lessons.values()

    def _finder(self, here: Path) -> Callable[[str], str | None]:
        def find(address: str) -> str | None:
            if not is_relative(address):
                return None
            name, sign, heading = unquote(address).partition("#")
            target = os.path.normpath(here / name)
            if slug := self._lessons.get(target):
                return f"{LESSON}{slug}{sign}{heading}"
            picture = self._pictures.get(target)
            return f"{IMAGES}{picture}" if picture and not sign else None

        return find


def is_relative(address: str) -> bool:
    """Return whether an address is a path from the file that it stands in."""
    scheme, colon, _rest = address.partition(":")
    has_scheme = bool(colon) and scheme.replace("+", "").replace("-", "").replace(".", "").isalnum()
    return bool(address) and not address.startswith(_ABSOLUTE) and not has_scheme
