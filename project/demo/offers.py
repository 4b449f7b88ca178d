"""What the demo's shop offers beside its courses: a bundle of them, and a sale.

The demo pretends to have been open for two months, so that there is a price to strike through.
"""

from datetime import timedelta

from django.utils import timezone

from catalog.models import Bundle, BundleEntry, Course, PricePoint

OPEN_FOR = timedelta(days=60)
SALE = ("sky-with-your-own-eyes", 2100, timedelta(days=10))  # minor units of the demo's currency
BUNDLE = "three-good-evenings"
CONTENTS = ("bread-from-scratch", "sky-with-your-own-eyes", "sql-by-detective-work")


def make_offers(imported: set[str]) -> None:
    """Make the bundle, unless it is there, and the sale, if its course was imported just now."""
    slug, price_minor, duration = SALE
    course = Course.objects.filter(slug=slug).first()
    if course and slug in imported:
        _put_on_sale(course, price_minor, duration)
    courses = list(Course.objects.filter(slug__in=CONTENTS))
    if len(courses) == len(CONTENTS) and not Bundle.objects.filter(slug=BUNDLE).exists():
        _bundle(sorted(courses, key=lambda course: CONTENTS.index(course.slug)))


def _put_on_sale(course: Course, price_minor: int, duration: timedelta) -> None:
    """Sell it for less until the end of a day."""
    opened_at = timezone.now() - OPEN_FOR
    PricePoint.objects.filter(course=course).update(since=opened_at)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    course.published_at = opened_at
    course.sale_price_minor = price_minor
    course.sale_ends_at = midnight + duration
    course.save()


def _bundle(courses: list[Course]) -> None:
    bundle = Bundle.objects.create(
        slug=BUNDLE,
        title="Three Good Evenings",
        summary="A loaf, a sky and a stolen sextant: all three, for whenever you have time.",
        description=(
            "Bread takes a Saturday, the sky takes a clear night, and the hotel's records can be "
            "searched when it rains. Together they fill the evenings that are left."
        ),
        price_minor=9900,
        hue=210,
        status="published",
    )
    BundleEntry.objects.bulk_create(
        BundleEntry(bundle=bundle, course=course, position=place)
        for place, course in enumerate(courses, start=1)
    )
