"""Who may see what, without any page in between."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission

from catalog.models import CourseStatus
from library.access import can_open, can_view
from library.models import EnrollmentStatus
from tests.factories import create_course, create_learner, create_staff, enroll

pytestmark = pytest.mark.django_db

DRAFT, PUBLISHED, UNLISTED, ARCHIVED = CourseStatus


def stranger(course):
    return AnonymousUser()


def somebody(course):
    return create_learner()


def learner(course):
    return enroll(course=course).learner


def suspended(course):
    return enroll(course=course, status=EnrollmentStatus.SUSPENDED).learner


def revoked(course):
    return enroll(course=course, status=EnrollmentStatus.REVOKED).learner


def returned(course):
    """Somebody whose first seat was revoked, and who got another."""
    return enroll(revoked(course), course=course).learner


def deactivated(course):
    person = learner(course)
    person.is_active = False
    return person


def owner(course):
    return create_staff()


def author(course):
    """One of the staff who may change courses, and nothing else."""
    person = create_learner()
    person.is_staff = True
    person.save()
    person.user_permissions.add(Permission.objects.get(codename="change_course"))
    return person


def clerk(course):
    """One of the staff who has nothing to do with courses."""
    person = create_learner()
    person.is_staff = True
    person.save()
    return person


def former_author(course):
    person = author(course)
    person.is_staff = False
    return person


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (stranger, False),
        (somebody, False),
        (learner, True),
        (suspended, False),
        (revoked, False),
        (returned, True),
        (deactivated, False),
        (owner, True),
        (author, True),
        (clerk, False),
        (former_author, False),
    ],
)
@pytest.mark.parametrize("status", [DRAFT, PUBLISHED, UNLISTED, ARCHIVED])
def test_course_is_open_to_its_learners_and_to_those_who_write_it(status, who, may):
    course = create_course(status=status, lessons=1)
    enroll(course=course)
    viewer = who(course)

    assert can_open(course, viewer) is may
    assert can_view(course.lessons.get(), viewer) is may


@pytest.mark.parametrize("who", [stranger, somebody, suspended, revoked, clerk])
@pytest.mark.parametrize(
    ("status", "may"), [(DRAFT, False), (PUBLISHED, True), (UNLISTED, True), (ARCHIVED, False)]
)
def test_preview_is_open_to_all_while_the_course_is_sold(status, may, who):
    course = create_course(status=status, lessons=2)
    preview, other = course.lessons.all()
    preview.is_preview = True
    preview.save()
    viewer = who(course)

    assert can_view(preview, viewer) is may
    assert can_view(other, viewer) is False


def test_seat_on_one_course_opens_no_other():
    mine, other = create_course(lessons=1), create_course(lessons=1)
    viewer = enroll(course=mine).learner

    assert can_view(mine.lessons.get(), viewer) is True
    assert can_view(other.lessons.get(), viewer) is False
