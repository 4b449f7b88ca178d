"""Form bodies and query strings with Stripe's bracketed names, decoded and checked.

What exists is decided by the official SDK's own parameter types, read at run time, so that a
parameter which Stripe has removed is refused here as well.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from checkout.sandbox import errors

type Form = dict[str, Form | str]

MAX_FIELDS = 10_000
MAX_DEPTH = 10
NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def decode(encoded: bytes) -> Form:
    """Return the nested values of ``a[b][0]=c&…``; lists are dictionaries with numbers as keys.

    Raise ``ApiError`` if this is no such text.
    """
    try:
        pairs = parse_qsl(
            encoded.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise errors.ApiError("The request is not form-encoded UTF-8.") from error
    form: Form = {}
    for name, value in pairs:
        # PostgreSQL has no place for a NUL.
        if "\0" in name or "\0" in value:
            raise errors.ApiError("The request has a NUL character in it.")
        _put(form, name, value)
    return form


def check(form: Form, params_type: str) -> dict[str, Any]:
    """Return the values of ``form``, typed as ``stripe.params`` says under ``params_type``.

    Raise ``ApiError`` for what is unknown there, missing, or not of its type.
    """
    return _object(form, _params_type(params_type), "")


def _put(form: Form, name: str, value: str) -> None:
    match = NAME.fullmatch(name)
    parts = [match[1], *re.findall(r"\[([^\]]*)\]", match[2])] if match else []
    if not 0 < len(parts) <= MAX_DEPTH:
        raise errors.ApiError(f"Invalid parameter name: {name[:100]}", param=name[:100])
    place = form
    for part in parts[:-1]:
        inner = place.setdefault(part or str(len(place)), {})
        if isinstance(inner, str):
            raise errors.invalid_parameter(f"Invalid hash: {name[:100]}", name[:100])
        place = inner
    last = parts[-1] or str(len(place))
    if isinstance(place.get(last), dict):
        raise errors.invalid_parameter(f"Invalid string: {name[:100]}", name[:100])
    place[last] = value


# Importing the SDK takes a quarter of a second, so that it waits for the first request.


@cache
def _params_type(name: str) -> type:
    module, _, type_name = name.rpartition(".")
    found: type = getattr(import_module(f"stripe.params.{module}".rstrip(".")), type_name)
    return found


@cache
def _fields(params: type) -> dict[str, Any]:
    """Return the fields of one of the SDK's parameter types.

    The types also name options of the request, such as ``api_key``, which never are parameters.
    """
    from stripe import RequestOptions

    own = params.__annotations__.keys() - RequestOptions.__annotations__.keys()
    # The options' annotations use names that their module imports for type checkers only.
    hints = get_type_hints(params, localns={"StripeContext": Any, "Mapping": dict})
    return {name: hint for name, hint in hints.items() if name in own}


def _object(value: Form | str, params: type, path: str) -> dict[str, Any]:
    if isinstance(value, str):
        raise errors.invalid_parameter("Invalid object", path)
    fields = _fields(params)
    for name in value:
        if name not in fields:
            raise errors.unknown_parameter(_join(path, name))
    for name in sorted(params.__required_keys__ & fields.keys() - value.keys()):  # type: ignore[attr-defined]
        raise errors.missing_parameter(_join(path, name))
    return {name: _value(value[name], fields[name], _join(path, name)) for name in value}


def _value(value: Form | str, hint: Any, path: str) -> Any:
    origin = get_origin(hint)
    if _is_object(hint):
        return _object(value, hint, path)
    if origin is list:
        return [
            _value(item, get_args(hint)[0], f"{path}[{index}]")
            for index, item in enumerate(_items(value, path))
        ]
    if origin is dict:
        return _mapping(value, get_args(hint)[1], path)
    if origin is Literal:
        return _choice(value, get_args(hint), path)
    if origin in (Union, UnionType):
        return _one_of(value, get_args(hint), path)
    if not isinstance(value, str):
        raise errors.invalid_parameter(f"Invalid {hint.__name__}: {path}", path)
    if not value:
        raise errors.empty_parameter(path)
    return SCALARS[hint](value, path)


def _one_of(value: Form | str, hints: tuple[Any, ...], path: str) -> Any:
    choices = [choice for hint in hints if get_origin(hint) is Literal for choice in get_args(hint)]
    others = [hint for hint in hints if _is_written_in_forms(hint)]
    if value == "" and "" in choices:
        return ""
    words = tuple(choice for choice in choices if choice != "")
    if words and (isinstance(value, str) or not any(map(_is_nested, others))):
        # The SDK adds `str` to every list of words, for words that Stripe may add one day.
        return _choice(value, words, path)
    fitting = [hint for hint in others if _is_nested(hint) is isinstance(value, dict)]
    return _value(value, fitting[0] if fitting else others[0], path)


def _is_written_in_forms(hint: Any) -> bool:
    """Say whether a form can hold it. The SDK also lets its own objects stand for dictionaries."""
    return (
        _is_object(hint)
        or get_origin(hint) in (list, dict)
        or (hint in SCALARS and hint is not NoneType)
    )


def _is_object(hint: Any) -> bool:
    """Say whether it is one of the SDK's dictionaries, which come from typing_extensions."""
    return isinstance(hint, type) and hasattr(hint, "__required_keys__")


def _is_nested(hint: Any) -> bool:
    return _is_object(hint) or get_origin(hint) in (list, dict)


def _items(value: Form | str, path: str) -> list[Form | str]:
    if isinstance(value, str) or not all(re.fullmatch(r"[0-9]{1,4}", key) for key in value):
        raise errors.invalid_parameter("Invalid array", path)
    return [value[key] for key in sorted(value, key=int)]


def _mapping(value: Form | str, hint: Any, path: str) -> dict[str, Any]:
    if isinstance(value, str):
        raise errors.invalid_parameter("Invalid hash", path)
    return {
        # An empty value of a dictionary means "without this key".
        key: _value(item, hint, f"{path}[{key}]") if item != "" else ""
        for key, item in value.items()
    }


def _choice(value: Form | str, words: tuple[Any, ...], path: str) -> Any:
    if value == "" and "" not in words:
        raise errors.empty_parameter(path)
    spelled = {str(word).lower() if word is True else word: word for word in words}
    if not isinstance(value, str) or value not in spelled:
        allowed = ", ".join(str(word) for word in words)
        raise errors.invalid_parameter(f"Invalid {path}: must be one of {allowed}", path)
    return spelled[value]


def _integer(value: str, path: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise errors.invalid_parameter(
            f"Invalid integer: {value[:100]}", path, code="parameter_invalid_integer"
        )
    if value.startswith("-"):
        # Nothing that Stripe takes in these requests may be negative.
        raise errors.invalid_parameter(
            "Invalid non-negative integer", path, code="parameter_invalid_integer"
        )
    return int(value)


def _boolean(value: str, path: str) -> bool:
    if value not in ("true", "false"):
        raise errors.invalid_parameter(f"Invalid boolean: {value[:100]}", path)
    return value == "true"


def _decimal(value: str, path: str) -> str:
    try:
        is_number = Decimal(value).is_finite()
    except InvalidOperation:
        is_number = False
    if not is_number:
        raise errors.invalid_parameter(f"Invalid decimal: {value[:100]}", path)
    return value


def _text(value: str, path: str) -> str:
    return value


SCALARS: dict[Any, Callable[[str, str], Any]] = {
    str: _text,
    int: _integer,
    bool: _boolean,
    float: _decimal,
    Decimal: _decimal,
}


def _join(path: str, name: str) -> str:
    return f"{path}[{name[:100]}]" if path else name[:100]
