"""Objects that name other objects, by id or, if the shop asks with ``expand[]``, whole."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from checkout.sandbox import errors

type Json = dict[str, Any]

MAX_DEPTH = 4


@dataclass(frozen=True, kw_only=True)
class Expandable:
    """A place for an object: its id, or the object itself.

    ``is_hidden`` places, such as a session's lines, are absent unless they are asked for.
    """

    id: str | None = None
    load: Callable[[], Json | None] = lambda: None
    is_hidden: bool = False


def resolve(tree: Any, paths: Iterable[str] = ()) -> Any:
    """Return ``tree`` as plain JSON, with the objects at ``paths`` whole.

    Raise ``ApiError`` if a path leads to nothing that could be expanded.
    """
    wanted: dict[str, Any] = {}
    for path in paths:
        if path.count(".") >= MAX_DEPTH:
            raise errors.ApiError(
                f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}",
                param="expand",
            )
        place = wanted
        for part in path.split("."):
            place = place.setdefault(part, {})
    return _resolve(tree, wanted, "")


def _resolve(tree: Any, wanted: Json, path: str) -> Any:
    if isinstance(tree, Expandable):
        return _resolve(tree.load(), wanted, path)
    if isinstance(tree, list):
        return [_resolve(item, wanted, path) for item in tree]
    if not isinstance(tree, dict):
        return tree
    for name in wanted:
        if not _can_expand(tree.get(name), wanted[name]):
            raise errors.ApiError(
                f"This property cannot be expanded ({path}{name}).", param="expand"
            )
    return {
        name: _resolve(value, wanted.get(name, {}), f"{path}{name}.")
        if not isinstance(value, Expandable) or name in wanted
        else value.id
        for name, value in tree.items()
        if not isinstance(value, Expandable) or not value.is_hidden or name in wanted
    }


def _can_expand(value: Any, deeper: Json) -> bool:
    """Say whether something is to be expanded here, or further down."""
    return isinstance(value, Expandable) or (isinstance(value, dict | list) and bool(deeper))
