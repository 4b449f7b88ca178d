"""A memory of what was made already, which holds no more than it may: the latest used stays."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock


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
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

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

    def _drop(self, key: Hashable) -> None:
        if key in self._values:
            _, size = self._values.pop(key)
            self.size -= size
