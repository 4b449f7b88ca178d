"""What happens in the middle of a piece of work: its process dies, or another worker comes by.

The places are its SQL statements, and the moments before and after each call of the gateway.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection


class Killed(BaseException):
    """The process died here. Not an ``Exception``: nothing may catch it, as nothing could."""


class Hazard:
    """Calls ``strike`` at the ``place``-th statement or call of the work, once."""

    def __init__(self, place: int, strike: Callable[[], None]) -> None:
        self._left = place
        self._strike = strike
        self._is_elsewhere = False

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        """Be Django's execute wrapper."""
        self.pass_by()
        return execute(sql, params, many, context)

    def pass_by(self) -> None:
        """Come to a place where it may strike."""
        if self._is_elsewhere:
            return
        self._left -= 1
        if self._left == 0:
            self._strike()

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Be at the gateway, which is another machine: what it does there does not count."""
        self._is_elsewhere = True
        try:
            yield
        finally:
            self._is_elsewhere = False


_current: ContextVar[Hazard | None] = ContextVar("hazard", default=None)


def kill() -> None:
    """Die."""
    raise Killed


@contextmanager
def endangered(place: int, strike: Callable[[], None]) -> Iterator[None]:
    """Have the block meet a hazard; with ``place`` 0, none."""
    hazard = Hazard(place, strike)
    token = _current.set(hazard)
    try:
        with connection.execute_wrapper(hazard):
            yield
    finally:
        _current.reset(token)


@contextmanager
def at_the_gateway() -> Iterator[None]:
    """Be on another machine for a while. The way there and back is dangerous as well."""
    hazard = _current.get()
    if hazard is None:
        yield
        return
    hazard.pass_by()
    with hazard.elsewhere():
        yield
    hazard.pass_by()
