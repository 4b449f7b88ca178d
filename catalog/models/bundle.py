"""Several courses sold as one, at one price."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog import clock
from catalog.markdown import render_markdown
from catalog.models.course import Course
from catalog.models.course_queries import CourseStatus
from catalog.models.priced import PRICE_FIELDS
from catalog.models.sellable import ON_THE_SHELF, Sellable
from catalog.pricing import PriceTag, split_price
from project.prepared import Given, Prepared

# What a bundle's card shows of it, and of each of its courses.
BUNDLE_FACE = ("slug", "title", "summary", "hue", "status", "price_minor", "currency")
COURSE_FACE = ("slug", "title", "language", "hue", "picture", "picture_width", "status")


@dataclass(frozen=True)
class BundlePart:
    """A course of a bundle, with its part of the bundle's price in minor units."""

    course: Course
    minor: int
    is_owned: bool

    @property
    def price(self) -> str:
        """The part as people write it."""
        return PriceTag(self.minor, self.course.currency).text


@dataclass(frozen=True)
class BundleOffer:
    """What a bundle is to one person: what they would pay, and what they have of it already."""

    bundle: "Bundle"
    parts: tuple[BundlePart, ...]
    moment: datetime

    @property
    def wanted(self) -> list[BundlePart]:
        """What they would get: the courses that they do not have."""
        return [part for part in self.parts if not part.is_owned]

    @property
    def credited(self) -> list[BundlePart]:
        """What they have already, and are not charged for."""
        return [part for part in self.parts if part.is_owned]

    @property
    def is_complete(self) -> bool:
        """Whether they have all of it."""
        return not self.wanted

    @property
    def minor(self) -> int:
        """What they would pay."""
        return sum(part.minor for part in self.wanted)

    @property
    def price_tag(self) -> PriceTag:
        """What they would pay, as it is shown."""
        return PriceTag(self.minor, self.bundle.currency)

    @property
    def credit(self) -> PriceTag:
        """What they are not charged."""
        return PriceTag(sum(part.minor for part in self.credited), self.bundle.currency)

    @property
    def one_by_one(self) -> PriceTag:
        """What the courses that they would get cost now, each by itself."""
        singly = sum(part.course.price_at(self.moment) for part in self.wanted)
        return PriceTag(singly, self.bundle.currency)

    @property
    def saving(self) -> PriceTag | None:
        """What the bundle saves them against today's prices, if it saves anything."""
        saved = self.one_by_one.minor - self.minor
        return PriceTag(saved, self.bundle.currency) if saved > 0 else None


class BundleQuerySet(models.QuerySet["Bundle"]):
    """Bundles."""

    def for_sale(self) -> "BundleQuerySet":
        """Those that can be bought: on the shelf, with courses all of which are for sale."""
        entries = BundleEntry.objects.filter(bundle=OuterRef("pk"))
        unsold = entries.exclude(course__status__in=ON_THE_SHELF)
        return self.filter(Exists(entries), ~Exists(unsold), status__in=ON_THE_SHELF)

    def published(self) -> "BundleQuerySet":
        """Those that can be bought and that the catalog lists."""
        return self.for_sale().filter(status=CourseStatus.PUBLISHED)

    def known_to_all(self) -> "BundleQuerySet":
        """Those with a page that anyone may see: all that were ever sold, with no draft in them."""
        drafts = BundleEntry.objects.filter(
            bundle=OuterRef("pk"), course__status=CourseStatus.DRAFT
        )
        return self.exclude(status=CourseStatus.DRAFT).filter(~Exists(drafts))

    def holding(self, course: Course | Given) -> "BundleQuerySet":
        """Those that the course is a part of."""
        return self.filter(entries__course=course)

    def with_courses(self) -> "BundleQuerySet":
        """With their courses, in order and without their long texts."""
        return self.prefetch_related(Prefetch("entries", BundleEntry.objects.with_courses()))

    def newest_first(self) -> "BundleQuerySet":
        """The latest published first."""
        return self.order_by(F("published_at").desc(nulls_last=True), "-pk")

    def listed(self, number: int) -> list["Bundle"]:
        """Return so many of those that the catalog lists, with their courses, in one query."""
        bundles: dict[int, Bundle] = {}
        for entry in _listed_entries(number).all():
            bundle = bundles.setdefault(entry.bundle_id, entry.bundle)
            bundle.__dict__.setdefault("_prefetched_objects_cache", {}).setdefault("entries", [])
            bundle.__dict__["_prefetched_objects_cache"]["entries"].append(entry)
        return list(bundles.values())


@cache
def _listed_entries(number: int) -> "Prepared[BundleEntry]":
    newest = F("bundle__published_at").desc(nulls_last=True)

    def write() -> "models.QuerySet[BundleEntry]":
        listed = Bundle.objects.published().newest_first()[:number].values("pk")
        entries = BundleEntry.objects.filter(bundle__in=listed).for_cards()
        return entries.order_by(newest, "-bundle", "position", "pk")

    return Prepared(write)


class Bundle(Sellable):
    """Several courses at one price.

    The price is split over the courses by their regular prices. Whoever has one of them is not
    charged its part.
    """

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=200, help_text=_("One sentence that makes one want it."))
    description = models.TextField(blank=True, help_text=_("Markdown."))
    description_html = models.TextField(blank=True, editable=False)
    courses = models.ManyToManyField(Course, through="BundleEntry", related_name="bundles")
    price_minor = models.PositiveIntegerField(
        _("price"), help_text=_("In the smallest unit of the shop's currency: 9900 for $99.")
    )
    currency = models.CharField(max_length=3, editable=False)
    hue = models.PositiveSmallIntegerField(default=40, help_text=_("Its own color, 0 to 359."))

    objects = BundleQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(hue__lt=360), name="bundle_hue_is_an_angle")
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the rendered description beside its source, and the day of publication."""
        self.description_html = render_markdown(self.description, language=settings.LANGUAGE_CODE)
        self.currency = self.currency or settings.SHOP_CURRENCY
        self.note_publication()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Return where the bundle is sold."""
        return reverse("catalog:bundle_detail", args=[self.slug])

    @property
    def contents(self) -> list[Course]:
        """Its courses, in order; they should have been fetched."""
        return [entry.course for entry in self.entries.all()]

    @property
    def face(self) -> tuple[Hashable, ...]:
        """All that its card shows of it, whoever looks; its courses should have been fetched."""
        courses = [tuple(getattr(course, name) for name in COURSE_FACE) for course in self.contents]
        return self.slug, self.title, self.summary, self.hue, self.status, *courses

    @property
    def is_for_sale(self) -> bool:
        """Whether it can be bought now: with one course missing it would be another bundle."""
        courses = self.contents
        is_whole = bool(courses) and all(course.is_for_sale for course in courses)
        return self.status in ON_THE_SHELF and is_whole

    @property
    def price_now(self) -> int:
        """What it costs now who has none of its courses, in minor units."""
        return self.price_minor

    @property
    def price_tag(self) -> PriceTag:
        """That price as it is shown."""
        return PriceTag(self.price_minor, self.currency)

    @property
    def price(self) -> str:
        """That price as people write it, or "Free"."""
        return self.price_tag.text

    def offer_to(self, owned: Collection[int], *, now: datetime | None = None) -> BundleOffer:
        """Return what the bundle is to somebody who has these courses, by their ids."""
        courses = self.contents
        weights = {course.pk: course.price_minor for course in courses}
        split = split_price(self.price_minor, weights) if weights else {}
        parts = [BundlePart(course, split[course.pk], course.pk in owned) for course in courses]
        return BundleOffer(self, tuple(parts), now or clock.now())


class BundleEntryQuerySet(models.QuerySet["BundleEntry"]):
    """Courses in bundles."""

    def with_courses(self) -> "BundleEntryQuerySet":
        """With the courses, and without their long texts."""
        long = ("course__description", "course__description_html", "course__outcomes")
        return self.select_related("course").defer(*long)

    def for_cards(self) -> "BundleEntryQuerySet":
        """With what a bundle's card shows of bundle and course, and nothing more."""
        of_courses = (f"course__{name}" for name in (*COURSE_FACE, *PRICE_FIELDS))
        of_bundles = (f"bundle__{name}" for name in BUNDLE_FACE)
        shown = self.select_related("course", "bundle").only("position", *of_courses, *of_bundles)
        return shown.fetch_mode(models.FETCH_RAISE)


class BundleEntry(models.Model):
    """A course in a bundle."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="entries")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    objects = BundleEntryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "pk"]
        verbose_name = _("course")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["bundle", "course"], name="bundle_course_once")
        ]

    def __str__(self) -> str:
        return str(self.course)
