"""What was sold stays: courses are referred to by id, and nothing removes them from under it."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import ProtectedError

from catalog.models import Course
from checkout.settlement import settle
from library.models import Enrollment
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import enroll

pytestmark = pytest.mark.django_db

DEMO_COURSES = Path(__file__).resolve().parents[2] / "catalog" / "demo_courses"


def test_a_course_that_was_ordered_cannot_be_deleted():
    """LESSONS 11."""
    order = create_order(with_cart=False)

    with pytest.raises(ProtectedError):
        order.lines.get().course.delete()


def test_a_course_that_somebody_studies_cannot_be_deleted():
    """LESSONS 11."""
    seat = enroll()

    with pytest.raises(ProtectedError):
        seat.course.delete()


def test_importing_the_demo_again_takes_nothing_from_anybody():
    """LESSONS 11: a shop of this kind deleted all enrollments at every start."""
    folders = sorted(str(folder) for folder in DEMO_COURSES.iterdir())
    call_command("import_course", *folders, verbosity=0)
    order = create_order(courses=list(Course.objects.all()))
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    before = list(Enrollment.objects.order_by("pk").values())

    call_command("import_course", *folders, verbosity=0)

    assert len(before) == 3
    assert list(Enrollment.objects.order_by("pk").values()) == before
    assert Course.objects.count() == 3
