"""What stands on the shelf for somebody with certain wishes."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import models

from catalog import clock
from catalog.models import Assortment, Course, CourseQuerySet, Order
from catalog.search.query import Found, find
from catalog.search.spelling import corrected
from catalog.shelf.remembering import remembered_courses
from catalog.shelf.wishes import Wishes
from project.prepared import GivenSet, Prepared
from project.statement import array

COURSES_PER_PAGE = 24
# More are not counted: that would take longer with every course.
COUNTED_AT_MOST = 1000
# With so few, a likelier spelling is offered.
FEW = 3
SUGGESTIONS = 3


class HowMany(models.Subquery):
    """The number of rows that a query gives; the database counts them once for all rows."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = models.IntegerField()


@dataclass(frozen=True)
class Shelf:
    """A page of courses, how many there are in all, and what was meant."""

    courses: list[Course]
    count: int
    next_url: str = ""
    # Another spelling: shown instead of what was typed, or only offered.
    shown: Wishes | None = None
    offered: Wishes | None = None
    suggestions: list[Course] = field(default_factory=list)

    @cached_property
    def pks(self) -> list[int]:
        """The courses' primary keys."""
        return [course.pk for course in self.courses]

    @cached_property
    def face(self) -> tuple[Hashable, ...]:
        """All that a page shows of it, but for what the cards say."""
        meant = (self.shown, self.offered, len(self.suggestions))
        return self.count, self.next_url, *meant, *(course.slug for course in self.courses)

    def faces_at(self, moment: datetime) -> tuple[Hashable, ...]:
        """Return what the card of each course shows of it at ``moment``, whoever looks."""
        pairs = zip(self.courses, self._lasting_faces, strict=True)
        return tuple(face or course.face_at(moment) for course, face in pairs)

    @cached_property
    def _lasting_faces(self) -> list[tuple[Hashable, ...] | None]:
        now = clock.now()
        return [course.face_at(now) if course.has_no_sale else None for course in self.courses]

    @property
    def has_more_than_counted(self) -> bool:
        """Whether ``count`` is only where the counting stopped."""
        return self.count > COUNTED_AT_MOST


def look_at(wishes: Wishes, assortment: Assortment) -> Shelf:
    """Return what stands on the shelf. The number of queries does not depend on how much it is."""
    shelf = _find(wishes, assortment)
    if wishes.after or not wishes.words or shelf.count > FEW:
        return shelf
    words = corrected(wishes.words, version=assortment.version)
    better = wishes.but(q=" ".join(words)) if words else None
    if better and not shelf.count and not wishes.exact:
        found = _find(better, assortment)
        if found.count:
            return replace(found, shown=better)
    return replace(shelf, offered=better, suggestions=_suggestions(shelf))


def _find(wishes: Wishes, assortment: Assortment) -> Shelf:
    if wishes.q and not wishes.words:
        return Shelf([], 0)  # signs, but not a word to look for
    if not wishes.words:
        return _all(wishes, assortment)
    languages = [wishes.language] if wishes.language else assortment.languages
    found = find(
        wishes.filtered(assortment) if wishes.filters else None,
        wishes.words,
        languages=languages,
        most=COURSES_PER_PAGE + 1,
        order=wishes.order,
        after=wishes.after,
    )
    return _found(found, wishes)


def _newest() -> CourseQuerySet:
    return _counted(Course.objects.published(), Order.NEWEST)[: COURSES_PER_PAGE + 1]


_newest_page = Prepared(_newest)


def _all(wishes: Wishes, assortment: Assortment) -> Shelf:
    """Return a page of all of the courses that are wished for, whatever is written in them."""
    if wishes == Wishes() and (newest := _newest_page.all()):
        return _page(newest, _listed(newest), wishes)
    courses, order = wishes.filtered(assortment), wishes.order or Order.NEWEST
    page = list(_counted(courses, order, after=wishes.after)[: COURSES_PER_PAGE + 1])
    return _page(page, _listed(page) if page else _countable(courses).count(), wishes)


def _listed(page: list[Course]) -> int:
    """Return how many there are, as the first of them was told by ``_counted``."""
    counted: Any = page[0]
    return int(counted.listed)


def _counted(courses: CourseQuerySet, order: Order, *, after: str = "") -> CourseQuerySet:
    """Return the courses for cards, each with how many there are, counted only so far."""
    rest = courses.beyond(after, order=order) if after else courses
    many = HowMany(_countable(courses).values("pk"))
    return rest.sorted_by(order).for_cards().annotate(listed=many)


def _countable(courses: CourseQuerySet) -> CourseQuerySet:
    # In an order, because that keeps to an index, where the counting can stop.
    return courses.newest_first()[: COUNTED_AT_MOST + 1]


def _found(found: Found, wishes: Wishes) -> Shelf:
    """Return a page of the courses that were found, in the order that they are in."""
    courses = remembered_courses(found.pks, lambda pks: _cards.all(courses=array(pks)))
    return _page(courses, found.count, wishes)


_cards = Prepared(lambda: Course.objects.for_cards().filter(pk__in=GivenSet("courses")))


def _page(courses: list[Course], count: int, wishes: Wishes) -> Shelf:
    """Return the page; one course more than it holds tells that there is another."""
    has_next = len(courses) > COURSES_PER_PAGE
    courses = courses[:COURSES_PER_PAGE]
    next_url = replace(wishes, after=courses[-1].slug).url if has_next else ""
    return Shelf(courses, count, next_url)


def _suggestions(shelf: Shelf) -> list[Course]:
    """Return a few courses to look at for whom nothing was found."""
    if shelf.count:
        return []
    return list(Course.objects.published().newest_first().for_cards()[:SUGGESTIONS])
