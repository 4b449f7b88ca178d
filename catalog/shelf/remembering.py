"""What stands on the shelf, remembered by the process while the catalog has the same version."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from django.conf import settings

from catalog.models import Course
from catalog.watch import catalog_watch
from project.kept import Kept

# Shelves, each of a page of courses: some 100 kB.
_known: Kept[tuple[str, Any]] = Kept(24)
# Courses by their pks; each takes some 3 kB.
_courses: Kept[tuple[str, Course]] = Kept(1000)


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


def remembered_courses(
    pks: Sequence[int], look: Callable[[list[int]], Iterable[Course]]
) -> list[Course]:
    """Return the courses, in their order; ``look`` is asked for those that nobody knows yet.

    What it does not give is left out. Otherwise as ``remembered``: with each letter that somebody
    types, a search finds much that it found before.
    """
    if not settings.PAGE_CACHE_MB:
        return _in_order(pks, look(list(pks)) if pks else [])
    version = catalog_watch.standing().version
    known = [each[1] for each in _courses.get_all(pks) if each and each[0] == version]
    missing = set(pks).difference(course.pk for course in known)
    if missing:
        for course in look(list(missing)):
            _courses.put(course.pk, (version, course))
            known.append(course)
    return _in_order(pks, known)


def _in_order(pks: Sequence[int], courses: Iterable[Course]) -> list[Course]:
    by_pk = {course.pk: course for course in courses}
    return [by_pk[pk] for pk in pks if pk in by_pk]
