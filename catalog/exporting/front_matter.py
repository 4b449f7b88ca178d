"""Front matter, written: TOML between two lines of ``+++``, then Markdown."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from catalog.importing.front_matter import FENCE

type Value = str | bool | int | date | list[str] | dict[str, Any] | None


def text_file(values: dict[str, Value], body: str) -> str:
    """Return a file with these keys, without those that are ``None``, and this text."""
    return "\n".join([FENCE, *_lines(values, ""), FENCE, *([body] if body else [])]) + "\n"


def _lines(values: dict[str, Value], table: str) -> Iterator[str]:
    """Yield the keys, and after them the tables, which take all that follows for their own."""
    tables = {key: value for key, value in values.items() if _is_table(value)}
    for key, value in values.items():
        if value is not None and key not in tables:
            yield f"{key} = {_toml(value)}"
    for key, value in tables.items():
        name = f"{table}{key}"
        for one in value if isinstance(value, list) else [value]:
            yield ""
            yield f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
            yield from _lines(one, f"{name}.")  # type: ignore[arg-type]  # tables, as was asked


def _is_table(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict)
    return isinstance(value, dict)


def _toml(value: Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            # What JSON may leave as it is, TOML may too, but for one sign.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(_toml(item) for item in value)}]"
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
    return str(value)
