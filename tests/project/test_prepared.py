"""Queries that are written once: with other values they give what a fresh one would give."""

from threading import Thread

import pytest
from django.core.exceptions import FieldFetchBlocked
from django.db import connection, models
from django.db.models import Exists, OuterRef
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Course, Lesson
from library.models import Enrollment, EnrollmentSource
from project.models import OutboundMail
from project.prepared import Given, GivenSet, Prepared
from tests.factories import create_course, create_learner, enroll

pytestmark = pytest.mark.django_db

SEATS = Enrollment.objects.filter(learner=Given("learner"), course=OuterRef("pk"))
COURSES = Prepared(
    lambda: (
        Course.objects.filter(slug=Given("slug"), published_at__lt=Given("moment"))
        .select_related("instructor")
        .defer("description")
        .annotate(is_held=Exists(SEATS))
        .fetch_mode(models.FETCH_RAISE)
    )
)


@pytest.fixture
def course():
    return create_course()


def find(course, learner):
    return COURSES.first(slug=course.slug, moment=timezone.now(), learner=learner.pk)


def test_each_use_gives_what_belongs_to_its_values():
    bread, soup = create_course(title="Bread"), create_course(title="Soup")
    baker, cook = create_learner(), create_learner()
    enroll(baker, course=bread)

    found = [find(course, learner) for course in (bread, soup) for learner in (baker, cook)]

    assert [(course.title, course.is_held) for course in found] == [
        ("Bread", True),
        ("Bread", False),
        ("Soup", False),
        ("Soup", False),
    ]
    assert find(create_course(), baker).instructor.name


def test_one_query_is_asked_and_as_the_queryset_says(course):
    learner = create_learner()
    find(course, learner)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = find(course, learner)
        assert found.instructor.name

    assert len(queries) == 1
    with pytest.raises(FieldFetchBlocked):
        found.description  # noqa: B018  deferred, and not to be fetched by the way


def test_values_are_never_a_part_of_the_sql(course):
    odd = "'; DROP TABLE catalog_course; --%s"

    assert COURSES.first(slug=odd, moment=timezone.now(), learner=0) is None
    assert Course.objects.exists()


def test_missing_value_is_an_error_and_none_finds_nothing(course):
    with pytest.raises(KeyError, match="learner"):
        COURSES.first(slug=course.slug, moment=timezone.now())
    assert Prepared(lambda: Course.objects.filter(slug=Given("slug"))).first(slug=None) is None


def test_several_values_and_parts_of_rows():
    courses = [create_course(lessons=1) for _ in range(3)]
    titles = Prepared(
        lambda: (
            Lesson.objects.filter(course__in=GivenSet("courses"))
            .order_by("course")
            .values_list("course_id", flat=True)
        )
    )

    assert titles.all(courses=[course.pk for course in courses[:2]]) == [
        course.pk for course in courses[:2]
    ]
    assert titles.all(courses=[]) == []


def test_what_belongs_to_the_rows_is_fetched_too(django_assert_num_queries):
    course = create_course(lessons=2)
    with_lessons = Prepared(
        lambda: Course.objects.filter(pk=Given("course")).prefetch_related("lessons")
    )
    with_lessons.all(course=course.pk)

    with django_assert_num_queries(2):
        [found] = with_lessons.all(course=course.pk)
        assert len(found.lessons.all()) == 2


def test_only_one_must_be_there(course):
    one = Prepared(lambda: Course.objects.filter(pk=Given("course")))

    assert one.only_one(course=course.pk) == course
    with pytest.raises(Course.DoesNotExist):
        one.only_one(course=0)


@pytest.mark.django_db(transaction=True)
def test_threads_share_the_sql_and_not_the_connection():
    courses = [create_course() for _ in range(4)]
    learner, seen = create_learner(), {}

    def look(course):
        try:
            seen[course.pk] = [find(course, learner).pk for _ in range(20)]
        finally:
            connection.close()

    threads = [Thread(target=look, args=[course]) for course in courses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == {course.pk: [course.pk] * 20 for course in courses}


# As another process would: of its own ALTER a connection knows, and prepares all anew.
MIGRATION = """
SET CONSTRAINTS ALL IMMEDIATE;
DO $$ BEGIN
    ALTER TABLE project_outboundmail ADD COLUMN of_tomorrow integer;
    ALTER TABLE library_enrollment ADD COLUMN of_tomorrow integer;
    ALTER TABLE catalog_course ADD COLUMN of_tomorrow integer;
END $$;
"""


def write_letter(key):
    kept = {"to": "ada@example.com", "subject": "A receipt", "text": "", "html": "", "stop_url": ""}
    return OutboundMail.objects.write(key=key, **kept)


def test_statements_of_a_running_process_outlive_a_migration_that_adds_columns(course):
    """The shop goes on while it is upgraded, and money arrives."""
    learner = create_learner()

    def work(number):
        letter = write_letter(f"receipt {number}")
        seats = Enrollment.objects.grant_each(
            create_learner(), [create_course()], source=EnrollmentSource.PURCHASE
        )
        return letter.subject, len(seats), find(course, learner).is_held

    before = [work(number) for number in range(4)]  # prepared by then
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION)

    assert work(4) == before[0]
