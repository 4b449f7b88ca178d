"""A text file with front matter: TOML between two lines of ``+++``, then Markdown."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from catalog.markdown import tidied

FENCE = "+++"


class InvalidCourseFolder(Exception):
    """A folder does not hold a course that could be imported. Says which file, and why."""

    def __init__(self, path: Path, problem: str, *, line: int | None = None) -> None:
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")


@dataclass(frozen=True)
class Key:
    """A key of the front matter: what its value is, and whether it may be left out."""

    kind: type
    is_required: bool = False


@dataclass(frozen=True)
class TextFile:
    """A file as it was read."""

    path: Path
    values: dict[str, Any]
    body: str


_KINDS = {
    str: 'text in quotes, such as "this"',
    int: "a whole number",
    bool: "true or false",
    datetime: "a moment, such as 2026-11-30T23:00:00Z",
    dict: "a table",
    date: "a day, such as 2026-11-30",
    list: 'a list of texts, such as ["this", "that"]',
}


def line_with(path: Path, text: str) -> int | None:
    """Return the number of the first line of a file that holds the text."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return next((number for number, line in enumerate(lines, start=1) if text in line), None)


def line_of_key(path: Path, key: str) -> int | None:
    """Return the number of the line in which the front matter gives a key."""
    lines = path.read_text(encoding="utf-8").split("\n")
    given = re.compile(rf"""[ \t]*["']?{re.escape(key)}["']?[ \t]*=""")
    return next((number for number, line in enumerate(lines, start=1) if given.match(line)), None)


def read_text_file(path: Path, keys: dict[str, Key]) -> TextFile:
    """Read a file whose front matter has these keys and no others.

    Raise ``InvalidCourseFolder`` if it is missing, or is not like that.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InvalidCourseFolder(path, "This file is missing.") from error
    except OSError as error:
        raise InvalidCourseFolder(path, "This file cannot be read.") from error
    except UnicodeDecodeError as error:
        raise InvalidCourseFolder(path, "This is not UTF-8 text.") from error
    if "\0" in text:
        raise InvalidCourseFolder(path, "This is not text.")
    front_matter, body = _split(path, text)
    try:
        values = tomllib.loads(front_matter)
    except tomllib.TOMLDecodeError as error:
        raise InvalidCourseFolder(path, f"The front matter is not TOML: {error}") from error
    _check_keys(path, values, keys)
    return TextFile(path, values, tidied(body))


def _split(path: Path, text: str) -> tuple[str, str]:
    first, *lines = text.removeprefix("\ufeff").split("\n")
    fences = [at for at, line in enumerate(lines) if line.rstrip() == FENCE]
    if first.rstrip() != FENCE or not fences:
        raise InvalidCourseFolder(path, f"Front matter between two lines of {FENCE} is missing.")
    # The empty line in the place of the first fence makes TOML's line numbers those of the file.
    return "\n".join(["", *lines[: fences[0]]]), "\n".join(lines[fences[0] + 1 :])


def _check_keys(path: Path, values: dict[str, Any], keys: dict[str, Key]) -> None:
    if unknown := sorted(values.keys() - keys.keys()):
        known = ", ".join(keys)
        problem = f"Unknown key {_listed(unknown)}. Known are {known}."
        raise InvalidCourseFolder(path, problem, line=line_of_key(path, unknown[0]))
    required = {name for name, key in keys.items() if key.is_required}
    if missing := sorted(required - values.keys()):
        raise InvalidCourseFolder(path, f"Missing key {_listed(missing)}.")
    for name, value in values.items():
        if not _is_a(keys[name].kind, value):
            problem = f"{name} must be {_KINDS[keys[name].kind]}."
            raise InvalidCourseFolder(path, problem, line=line_of_key(path, name))
        if _holds_nul(value):
            problem = f"{name} holds a sign that is no text."
            raise InvalidCourseFolder(path, problem, line=line_of_key(path, name))
        if keys[name].is_required and value == "":
            raise InvalidCourseFolder(path, f"{name} is empty.", line=line_of_key(path, name))


def _holds_nul(value: object) -> bool:
    """Return whether a text in it has the one sign that the database has no place for."""
    if isinstance(value, dict):
        return any(map(_holds_nul, value.values()))
    return any(map(_holds_nul, value)) if isinstance(value, list) else "\0" in str(value)


def _is_a(kind: type, value: object) -> bool:
    # Not isinstance: to Python, true is a whole number.
    return type(value) is kind and (
        not isinstance(value, list) or all(isinstance(item, str) for item in value)
    )


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
