"""What a visitor wishes to see of the catalog, as the address says it."""

import re
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from urllib.parse import urlencode

from django.conf.locale import LANG_INFO
from django.http import QueryDict
from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog.models import Assortment, Course, CourseQuerySet, Level, Order
from catalog.search.query import MOST_CHARACTERS, words_in

# The order of a search unless another is wished for: how well a course fits what was typed.
RELEVANCE = "relevance"
FREE, PAID = "free", "paid"

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,80}")


@dataclass(frozen=True)
class Wishes:
    """What a visitor wishes to see. An empty wish leaves everything as it is."""

    q: str = ""
    topic: str = ""
    level: str = ""
    language: str = ""
    price: str = ""
    sort: str = ""
    exact: str = ""  # what was typed, even if nothing is found
    after: str = ""  # the course below which to go on

    @classmethod
    def read(cls, query: QueryDict, assortment: Assortment) -> "Wishes":
        """Return what the address says. What nobody can wish for is left out."""
        if not query:
            return cls()
        q = " ".join(query.get("q", "").replace("\0", " ").split())[:MOST_CHARACTERS]
        sorts = {*Order.values, RELEVANCE} if words_in(q) else set(Order.values)
        return cls(
            q=q,
            topic=_one_of(query.get("topic", ""), [topic["slug"] for topic in assortment.topics]),
            level=_one_of(query.get("level", ""), Level.values),
            language=_one_of(query.get("language", ""), assortment.languages),
            price=_one_of(query.get("price", ""), [FREE, PAID]),
            sort=_one_of(query.get("sort", ""), sorts),
            exact="1" if q and query.get("exact") == "1" else "",
            after=query.get("after", "") if _SLUG.fullmatch(query.get("after", "")) else "",
        ).without_defaults()

    def without_defaults(self) -> "Wishes":
        """Return the same with one address: a default needs no saying."""
        default = RELEVANCE if self.words else Order.NEWEST
        return replace(self, sort="") if self.sort == default else self

    @cached_property
    def words(self) -> list[str]:
        """The words that are looked for."""
        return words_in(self.q)

    @property
    def order(self) -> Order | None:
        """The order that courses stand in; ``None`` when the best come first."""
        if self.sort:
            return Order(self.sort)
        return None if self.words else Order.NEWEST

    @property
    def is_narrowed(self) -> bool:
        """Whether some courses are left out."""
        return bool(self.q or self.filters)

    @property
    def filters(self) -> dict[str, str]:
        """What is wished for besides words."""
        chosen = {name: getattr(self, name) for name in ("topic", "level", "language", "price")}
        return {name: value for name, value in chosen.items() if value}

    @property
    def url(self) -> str:
        """The address that says so."""
        base = _address_of_all(get_script_prefix())
        return f"{base}?{self.query}" if self.query else base

    @property
    def query(self) -> str:
        """What of that address stands behind the question mark."""
        return urlencode({name: value for name in WISHES if (value := getattr(self, name))})

    def but(self, **changes: str) -> "Wishes":
        """Return other wishes, seen from the top."""
        return replace(self, **{"after": "", "exact": "", **changes}).without_defaults()

    @property
    def exactly(self) -> "Wishes":
        """The same for what was typed, even if another spelling finds more."""
        return self.but(exact="1")

    @property
    def without_filters(self) -> "Wishes":
        """The same words, looked for among all courses."""
        return Wishes(q=self.q)

    def filtered(self, assortment: Assortment) -> CourseQuerySet:
        """Return the published courses that fit all but the words, in no order."""
        courses: CourseQuerySet = Course.objects.published()
        if self.topic:
            topics = {topic["slug"]: topic["id"] for topic in assortment.topics}
            courses = courses.about(topics[self.topic])
        if self.level:
            courses = courses.filter(level=self.level)
        if self.language:
            courses = courses.filter(language=self.language)
        if self.price:
            courses = courses.free() if self.price == FREE else courses.paid()
        return courses

    def heading(self, assortment: Assortment) -> str:
        """Return what is looked at, such as "bread · courses for beginners"."""
        if not self.is_narrowed:
            return _("All courses")
        names = {topic["slug"]: topic["name"] for topic in assortment.topics}
        kinds = {
            "": _("courses"),
            Level.BEGINNER: _("courses for beginners"),
            Level.INTERMEDIATE: _("intermediate courses"),
            Level.ADVANCED: _("advanced courses"),
        }
        parts = [
            self.q,
            names.get(self.topic, ""),
            kinds[self.level],
            self.language and language_name(self.language),
            {"": "", FREE: pgettext("courses", "free"), PAID: pgettext("courses", "paid")}[
                self.price
            ],
        ]
        text = " · ".join(part for part in parts if part)
        return text if self.q else text[:1].upper() + text[1:]


def language_name(code: str) -> str:
    """Return what the language with this code is called, in the visitor's own; or the code."""
    known = LANG_INFO.get(code.lower(), {})
    return _(known["name"]) if "name" in known else code


WISHES = tuple(field.name for field in fields(Wishes))


def _one_of(value: str, known: "list[str] | set[str]") -> str:
    return value if value in known else ""


@cache
def _address_of_all(prefix: str) -> str:
    """Return where the catalog is: it is asked for with each page, and the same for all of them."""
    return reverse("catalog:course_list")
