"""A text file with front matter: TOML between two lines of ``+++``, then Markdown."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

FENCE = "+++"


class InvalidCourseFolder(Exception):
    """A folder does not hold a course that could be imported. Says which file, and why."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")


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


def read_text_file(path: Path, keys: dict[str, Key]) -> TextFile:
    """Read a file whose front matter has these keys and no others.

    Raise ``InvalidCourseFolder`` if it is missing, or is not like that.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InvalidCourseFolder(path, "This file is missing.") from error
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
    return TextFile(path, values, body.strip())


def _split(path: Path, text: str) -> tuple[str, str]:
    first, *lines = text.removeprefix("\ufeff").splitlines() or [""]
    fences = [at for at, line in enumerate(lines) if line.rstrip() == FENCE]
    if first.rstrip() != FENCE or not fences:
        raise InvalidCourseFolder(path, f"Front matter between two lines of {FENCE} is missing.")
    # The empty line in the place of the first fence makes TOML's line numbers those of the file.
    return "\n".join(["", *lines[: fences[0]]]), "\n".join(lines[fences[0] + 1 :])


def _check_keys(path: Path, values: dict[str, Any], keys: dict[str, Key]) -> None:
    if unknown := sorted(values.keys() - keys.keys()):
        known = ", ".join(keys)
        raise InvalidCourseFolder(path, f"Unknown key {_listed(unknown)}. Known are {known}.")
    required = {name for name, key in keys.items() if key.is_required}
    if missing := sorted(required - values.keys()):
        raise InvalidCourseFolder(path, f"Missing key {_listed(missing)}.")
    for name, value in values.items():
        if not _is_a(keys[name].kind, value):
            raise InvalidCourseFolder(path, f"{name} must be {_KINDS[keys[name].kind]}.")
        if keys[name].is_required and value == "":
            raise InvalidCourseFolder(path, f"{name} is empty.")


def _is_a(kind: type, value: object) -> bool:
    # Not isinstance: to Python, true is a whole number.
    return type(value) is kind and (
        not isinstance(value, list) or all(isinstance(item, str) for item in value)
    )


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
