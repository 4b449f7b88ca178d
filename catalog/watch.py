"""How the catalog stands, as this process knows it: asked of the database at most once a second."""

import time
from threading import Lock

from django.utils import timezone

from catalog.models import CatalogChange, Standing

AWHILE = 1.0  # seconds for which an answer is believed: a saved course shows within them


class CatalogWatch:
    """Remembers how the catalog stands. For all threads of the process together."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known = Standing("")
        self._good_until = 0.0  # by time.monotonic()

    @property
    def known(self) -> Standing | None:
        """What is known well enough, without asking: ``None`` if it has to be asked for."""
        known, good_until = self._known, self._good_until
        is_good = time.monotonic() < good_until and known.holds_at(timezone.now())
        return known if is_good else None

    def standing(self) -> Standing:
        """Return how the catalog stands; of several threads one asks, and the others wait for it.

        Raise ``DatabaseError``.
        """
        with self._lock:
            if (known := self.known) is None:
                asked_at = time.monotonic()
                self._good_until = 0.0
                known = self._known = CatalogChange.standing(timezone.now())
                self._good_until = asked_at + AWHILE
            return known


catalog_watch = CatalogWatch()
