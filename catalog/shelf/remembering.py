"""What stands on the shelf, remembered by the process while the catalog has the same version."""

from collections.abc import Callable, Hashable
from typing import Any

from django.conf import settings

from catalog.watch import catalog_watch
from project.kept import Kept

# Shelves, each of a page of courses: some 100 kB.
_known: Kept[tuple[str, Any]] = Kept(24)


def remembered[T](key: Hashable, look: Callable[[], T]) -> T:
    """Return what ``look`` gave since the catalog last changed.

    It must be of the catalog alone, and nobody may change what is returned: all threads share it.
    The version is asked for before, so that what changes meanwhile is seen the next time.
    """
    if not settings.PAGE_CACHE_MB:
        return look()
    version = catalog_watch.standing().version
    known = _known.get(key)
    if known is not None and known[0] == version:
        found: T = known[1]
        return found
    made = look()
    _known.put(key, (version, made))
    return made
