"""A memory of what was made already, which holds no more than it may: the latest used stays."""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from html import escape
from secrets import token_hex
from threading import Lock
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language


class Kept[Value]:
    """Values by key, as many as ``most`` takes: bytes, or whatever their sizes are given in.

    For all threads of a process. What was not asked for longest goes first.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = 0
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable) -> Value | None:
        """Return what is kept under ``key``, or ``None``."""
        with self._lock:
            return self._get(key)

    def get_all(self, keys: Iterable[Hashable]) -> list[Value | None]:
        """Return what is kept under each of the keys, or ``None``."""
        with self._lock:
            return [self._get(key) for key in keys]

    def put(self, key: Hashable, value: Value, *, size: int = 1) -> None:
        """Keep ``value`` in the place of what was there; one that is too large is not kept."""
        with self._lock:
            self._drop(key)
            if size > self.most:
                return
            self._values[key] = value, size
            self.size += size
            while self.size > self.most:
                self._drop(next(iter(self._values)))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._values.clear()
            self.size = 0

    def _get(self, key: Hashable) -> Value | None:
        kept = self._values.get(key)
        if kept is None:
            return None
        self._values.move_to_end(key)
        return kept[0]

    def _drop(self, key: Hashable) -> None:
        if key in self._values:
            _, size = self._values.pop(key)
            self.size -= size


# Rendered pieces of pages: a card takes 2 kB, a catalog's page has thirty of them or so, and who
# searches sees other ones with each letter.
_pieces: Kept[SafeString] = Kept(10 * 1024 * 1024)


def kept_piece(template: str, context: Mapping[str, Any], *, key: Hashable) -> SafeString:
    """Render a template, or return what it gave for the same ``key`` and language.

    The key holds all that the template shows: what it shows cannot grow old, because with another
    value it is another piece. The template knows neither the request nor the visitor, but only
    ``context``, and so nothing of one person can come to another.
    """
    return kept_text(lambda: lean(render_to_string(template, dict(context))), key=(template, key))


type Coming = str | Callable[[], str]


def kept_form(
    template: str,
    context: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    *,
    key: Hashable,
    later: Mapping[str, Coming],
) -> SafeString:
    """Return a kept piece with what comes ``later`` put in: such as a form's token, by its name.

    ``context`` may be what makes it, which is asked only where nothing is kept.

    In the template these are variables like others, to be written out as they are: a ``gap`` stands
    for each. What is not in it is not asked for.
    """

    def make() -> Cut:
        gaps = {name: gap(name) for name in later}
        told = context() if callable(context) else context
        return cut(lean(render_to_string(template, {**told, **gaps})))

    known = (get_language(), template, key)
    parts = None if settings.DEBUG else _forms.get(known)
    if parts is None:
        parts = make()
        _forms.put(known, parts, size=sum(map(len, parts)))
    made = {name: _escaped(later[name]) for name in set(parts[1::2])}
    filled = list(parts)
    filled[1::2] = [made[name] for name in parts[1::2]]
    return mark_safe("".join(filled))  # noqa: S308  a template made it


# What is between gaps, and the names of these, in turns.
type Cut = list[str]

_forms: Kept[Cut] = Kept(4 * 1024 * 1024)

# Stands in texts where something comes later. Nobody can write it who is not told.
_MARK = token_hex(8)
_GAP = re.compile(rf"{_MARK}-(\w+?)--")


def gap(name: str) -> str:
    """Return what stands for something that comes later, by its name of letters and numbers.

    It may be a part of an address, and of a slug.
    """
    return f"{_MARK}-{name}--"


def cut(text: str) -> Cut:
    """Return what is between the gaps of a text, and their names, in turns."""
    return _GAP.split(text)


_INDENTED = re.compile(r"\n[ \t\r\n]+")


def lean(html: str) -> SafeString:
    """Return what a template made without its indentation and empty lines, a third of a card.

    As it is, if something in it shows its lines as they are written.
    """
    is_exact = "<pre" in html or "<textarea" in html
    return mark_safe(html if is_exact else _INDENTED.sub("\n", html))  # noqa: S308  as it came


def _escaped(coming: Coming) -> str:
    text = coming() if callable(coming) else coming
    return text if hasattr(text, "__html__") else escape(text)


def kept_text(make: Callable[[], SafeString], *, key: Hashable) -> SafeString:
    """Return what ``make`` gives, or gave for the same ``key`` and language; see above."""
    return kept_texts([(key, make)])[0]


def kept_texts(wanted: Sequence[tuple[Hashable, Callable[[], SafeString]]]) -> list[SafeString]:
    """Return several at once, each by its key and what makes it."""
    if settings.DEBUG:
        return [make() for _, make in wanted]  # an edited template changes no key
    language = get_language()
    keys = [(language, key) for key, _ in wanted]
    known = zip(_pieces.get_all(keys), keys, wanted, strict=True)
    return [_made(key, make) if text is None else text for text, key, (_, make) in known]


def _made(key: Hashable, make: Callable[[], SafeString]) -> SafeString:
    text = make()
    _pieces.put(key, text, size=len(text))
    return text
