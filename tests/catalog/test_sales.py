"""Sales: what a course costs at a moment, and which earlier price may be struck through."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from catalog.models import Course, CourseStatus, PricePoint
from catalog.pricing import PriceTag
from tests.factories import create_course, end_sale, put_on_sale

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "price"),
    [
        (None, None, 2900),
        (NOON, None, 2900),
        (NOON + HOUR, None, 3900),
        (None, NOON, 3900),
        (None, NOON + HOUR, 2900),
        (NOON - HOUR, NOON + HOUR, 2900),
    ],
)
def test_price_is_the_sale_s_while_it_lasts_in_python_and_in_the_database(
    starts_at, ends_at, price
):
    course = create_course(
        price_minor=3900, sale_price_minor=2900, sale_starts_at=starts_at, sale_ends_at=ends_at
    )

    assert course.price_at(NOON) == price
    assert Course.objects.with_price_now(NOON).get().minor_now == price


def test_price_now_sorts_and_filters():
    for title, price, sale in (("A", 3900, 0), ("B", 1000, None), ("C", 5000, 900)):
        create_course(title=title, price_minor=price, sale_price_minor=sale)

    courses = Course.objects.with_price_now()

    assert [course.title for course in courses.order_by("minor_now")] == ["A", "C", "B"]
    assert [course.title for course in courses.filter(minor_now=0)] == ["A"]


@pytest.mark.parametrize(
    "fields",
    [
        {"sale_price_minor": 3900},
        {"sale_price_minor": 2900, "sale_starts_at": NOON, "sale_ends_at": NOON},
        {"sale_starts_at": NOON},
        {"sale_ends_at": NOON},
        {"sale_price_minor": 2900, "compare_at_minor": 2900},
    ],
)
def test_database_refuses_a_sale_that_is_none(fields):
    course = create_course(price_minor=3900)

    with pytest.raises(IntegrityError):
        Course.objects.filter(pk=course.pk).update(**fields)


def history(course):
    return list(course.price_points.values_list("price_minor", "is_sale"))


def test_history_has_what_was_for_sale_and_what_is_planned():
    course = create_course(price_minor=4900, status=CourseStatus.DRAFT)
    assert history(course) == []

    course.publish()
    tomorrow = timezone.now() + DAY
    put_on_sale(course, 2900, starts_at=tomorrow, ends_at=tomorrow + DAY)
    course.title = "Another title"
    course.save()
    assert history(course) == [(4900, False), (2900, True), (4900, False)]

    course.sale_price_minor = course.sale_starts_at = course.sale_ends_at = None
    course.save()
    assert history(course) == [(4900, False)]

    course.archive()
    assert history(course) == [(4900, False), (None, False)]


def test_lowest_price_of_the_30_days_before_is_struck_through():
    course = put_on_sale(create_course(price_minor=4900), 2900)

    assert course.price_tag == PriceTag(2900, "usd", before_minor=4900)


def test_nothing_is_struck_through_unless_it_was_for_sale_30_days_before():
    young = put_on_sale(create_course(), 2900, sold_for=timedelta(days=29))
    new = create_course(price_minor=9900, sale_price_minor=2900)
    draft = create_course(price_minor=9900, status=CourseStatus.DRAFT)
    Course.objects.filter(pk=draft.pk).update(created_at=NOON - 90 * DAY)
    draft.publish()
    put_on_sale(draft, 2900, sold_for=timedelta())

    assert [course.price_tag.before for course in (young, new, draft)] == ["", "", ""]


def test_price_that_was_raised_before_the_sale_is_not_struck_through():
    course = create_course(price_minor=3900)
    PricePoint.objects.update(since=timezone.now() - 90 * DAY)
    course.price_minor = 9900
    course.save()

    put_on_sale_now(course, 2900)
    assert course.price_tag.before == "$39"

    put_on_sale_now(course, 3900)
    assert course.price_tag.before == ""


def put_on_sale_now(course, price_minor, **fields):
    course.sale_price_minor = price_minor
    for name, value in fields.items():
        setattr(course, name, value)
    course.save()


def test_sale_cannot_be_dated_back_to_dearer_days():
    course = create_course(price_minor=9900)
    now = timezone.now()
    PricePoint.objects.update(since=now - 120 * DAY)
    PricePoint.objects.create(course=course, since=now - 50 * DAY, price_minor=3900)
    course.price_minor = 3900

    put_on_sale_now(course, 2900, sale_starts_at=now - 60 * DAY)

    assert course.price_tag.before == "$39"


def test_sale_that_is_lowered_further_keeps_the_price_before_it():
    """Article 6a(5): the price before the first of several growing reductions."""
    course = put_on_sale(create_course(price_minor=4900), 3900)
    PricePoint.objects.filter(is_sale=True).update(since=timezone.now() - 5 * DAY)

    put_on_sale_now(course, 2900)
    assert course.price_tag.before == "$49"

    PricePoint.objects.filter(price_minor=2900).update(since=timezone.now() - 4 * DAY)
    put_on_sale_now(course, 3500)
    assert course.price_tag.before == "", "it was cheaper an hour ago"


def test_sale_soon_after_another_is_measured_against_it():
    course = put_on_sale(create_course(price_minor=4900), 1900)
    PricePoint.objects.filter(is_sale=True).update(since=timezone.now() - 9 * DAY)
    put_on_sale_now(course, None)
    PricePoint.objects.filter(price_minor=4900, since__gt=timezone.now() - DAY).update(
        since=timezone.now() - 7 * DAY
    )

    put_on_sale_now(course, 2900)

    assert history(course) == [(4900, False), (1900, True), (4900, False), (2900, True)]
    assert course.price_tag.before == ""


def test_sale_that_the_clock_ended_leaves_the_regular_price_alone():
    course = put_on_sale(create_course(price_minor=4900), 2900, ends_at=timezone.now() + DAY)
    end_sale(course)
    course.refresh_from_db()

    assert course.price_tag == PriceTag(4900, "usd")


@pytest.mark.parametrize(
    ("ends_at", "day", "hour"),
    [
        (datetime(2026, 12, 1, tzinfo=UTC), 30, None),
        (datetime(2026, 11, 30, 15, tzinfo=UTC), 30, 15),
        (None, None, None),
    ],
)
def test_end_of_a_sale_is_the_last_day_that_is_part_of_it(ends_at, day, hour):
    tag = PriceTag(2900, "usd", ends_at=ends_at)

    last = tag.last_moment and timezone.localdate(tag.last_moment).day
    assert (last, tag.last_hour and tag.last_hour.hour) == (day, hour)
