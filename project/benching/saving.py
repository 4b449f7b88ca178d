"""A course that is saved again and again, each time with another title that can be seen."""

import time
from collections.abc import Iterator
from secrets import token_hex
from types import TracebackType

from catalog.models import Course
from project.benching.people import newest_courses

STALE = 2.0  # seconds after which everybody must see it
MOMENT = 0.02  # seconds between two looks


def looks() -> Iterator[None]:
    """Yield as long as a saved course may not be seen yet, with a pause between two looks."""
    deadline = time.monotonic() + STALE
    while time.monotonic() < deadline:
        yield
        time.sleep(MOMENT)


class SavedCourse:
    """The newest course, while it is being edited; afterwards it is as it was."""

    def __enter__(self) -> "SavedCourse":
        self.course: Course = newest_courses(1)[0]
        self.title = self.course.title
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._save(self.title)
        time.sleep(STALE)  # then the next row finds all pages as they will stay

    def save(self) -> str:
        """Save it as staff do; return what its title ends with now."""
        mark = token_hex(4)
        self._save(f"{self.title[:100]} {mark}")
        return mark

    def _save(self, title: str) -> None:
        self.course.title = title
        self.course.save()
        self.course.refresh_search()
