"""A course's moves: what is listed, sold and archived."""

import pytest

from catalog.models import Course, CourseStatus, InvalidTransition
from tests.factories import create_course

pytestmark = pytest.mark.django_db

DRAFT, PUBLISHED, UNLISTED, ARCHIVED = CourseStatus


@pytest.mark.parametrize(
    ("origin", "verb", "expected"),
    [
        (DRAFT, "publish", PUBLISHED),
        (DRAFT, "unlist", UNLISTED),
        (DRAFT, "archive", None),
        (PUBLISHED, "unlist", UNLISTED),
        (PUBLISHED, "archive", ARCHIVED),
        (UNLISTED, "publish", PUBLISHED),
        (UNLISTED, "archive", ARCHIVED),
        (ARCHIVED, "publish", PUBLISHED),
        (ARCHIVED, "unlist", UNLISTED),
    ],
)
def test_course_moves_as_the_table_says(origin, verb, expected):
    course = create_course(status=origin)

    if expected is None:
        with pytest.raises(InvalidTransition):
            getattr(course, verb)()
    else:
        assert getattr(course, verb)() is True

    assert Course.objects.get(pk=course.pk).status == (expected or origin)


@pytest.mark.parametrize(
    ("status", "verb"), [(PUBLISHED, "publish"), (UNLISTED, "unlist"), (ARCHIVED, "archive")]
)
def test_course_repeated_move_changes_nothing(status, verb):
    assert getattr(create_course(status=status), verb)() is False


def test_course_keeps_the_day_on_which_it_was_first_published():
    course = create_course(status=DRAFT)
    assert course.published_at is None

    course.publish()
    published_at = course.published_at
    course.archive()
    course.publish()

    assert published_at is not None
    assert Course.objects.get(pk=course.pk).published_at == published_at
