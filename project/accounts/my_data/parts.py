"""The parts of a person's data: each room says which of them it keeps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from project.accounts.models import User

type Facts = list[dict[str, Any]]


def _no_files(user: User) -> dict[str, str]:
    return {}


def _nothing(user: User) -> None:
    """Forget nothing beyond the rows that go with the person."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One kind of thing that is known about a person.

    ``collect`` returns it as plain values for ``data.json``; ``template`` shows the same values, as
    ``facts``, on a page that is read without a connection; ``files`` are more pages, by name.
    ``forget`` takes out of what the books must keep whatever names the person.
    ``objection`` says why the person cannot go yet, or nothing.
    """

    name: str
    title: str
    template: str
    collect: Callable[[User], Facts]
    files: Callable[[User], dict[str, str]] = _no_files
    forget: Callable[[User], None] = _nothing
    objection: Callable[[User], str] = lambda user: ""


_parts: dict[str, Part] = {}


def register(part: Part) -> None:
    """Have a part taken along and forgotten. Called when the applications are ready."""
    _parts[part.name] = part


def parts() -> list[Part]:
    """Return all parts, in the order in which they were registered."""
    return list(_parts.values())
