"""A large catalog that could be somebody's."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Assortment, Course, Lesson, SearchWord, Topic
from catalog.search.indexing import refresh_search
from tests.factories import put_on_shelf

pytestmark = pytest.mark.django_db

TOLD = ["slug", "title", "summary", "level", "language", "price_minor", "hue", "lesson_count"]


def seed(courses, **options):
    out = StringIO()
    call_command("seed", courses=courses, stdout=out, **options)
    return out.getvalue()


def test_seed_makes_courses_that_could_be_somebodys(client):
    assert seed(40) == "Made 40 courses. The catalog lists 40.\n"

    courses = list(Course.objects.published())
    assert len(courses) == 40
    for course in courses:
        course.full_clean()
        assert course.lesson_count == course.lessons.count() > 0
        assert course.minutes == sum(course.lessons.values_list("minutes", flat=True))
        assert course.topics.exists()
        assert course.sections.count() == 3
    assert all(lesson.body_html for lesson in Lesson.objects.all())
    assert client.get(courses[0].get_absolute_url()).status_code == 200
    assert "40 courses" in client.get("/").content.decode()


def test_seed_keeps_what_courses_are_found_by():
    seed(20)
    kept = state()

    refresh_search(Course.objects.values_list("pk", flat=True))

    assert state() == kept
    assert kept[0]
    assert {topic["id"] for topic in Assortment.objects.current().topics} == set(
        Topic.objects.values_list("pk", flat=True)
    )


def state():
    courses = Course.objects.order_by("pk").values_list("pk", "search", "words")
    return list(courses), list(SearchWord.objects.order_by("word").values())


def test_seed_makes_the_same_of_the_same_number_and_another_of_another():
    def made(number):
        seed(12, seed=number)
        rows = list(Course.objects.order_by("pk").values(*TOLD))
        Course.objects.all().delete()
        return rows

    first, again, other = made(1), made(1), made(2)

    assert first == again
    assert first != other


def test_seed_tops_up_and_leaves_alone_what_is_there():
    mine = put_on_shelf(title="Mine")
    seed(5)
    before = list(Course.objects.order_by("pk").values())

    assert seed(5) == "Made 0 courses. The catalog lists 5.\n"
    assert seed(3) == "Made 0 courses. The catalog lists 5.\n"
    assert seed(8) == "Made 3 courses. The catalog lists 8.\n"

    assert list(Course.objects.order_by("pk").values())[:5] == before
    assert Course.objects.filter(pk=mine.pk, title="Mine").exists()


def test_seed_refuses_a_shop_that_is_not_a_demo(settings):
    settings.DEMO = settings.DEBUG = settings.IS_LOCAL = False

    with pytest.raises(CommandError, match="not a demo"):
        seed(3)
    assert not Course.objects.exists()

    assert seed(3, force=True) == "Made 3 courses. The catalog lists 3.\n"


@pytest.mark.parametrize("currency", ["jpy", "idr", "kwd"])
def test_seed_makes_prices_in_the_shops_currency(settings, currency):
    settings.SHOP_CURRENCY = currency
    seed(10)

    assert set(Course.objects.values_list("currency", flat=True)) == {currency}
