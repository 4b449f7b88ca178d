"""What staff read of why somebody has a course, and of what a refund would close."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from checkout.settlement import settle
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import create_course, create_learner, create_staff, enroll

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    client = Client()
    client.force_login(create_staff())
    return client


@pytest.fixture
def order():
    ada = create_learner(email="ada@example.com", name="Ada")
    order = create_order(
        buyer=ada, courses=[create_course(title="Knots")], seats=2, with_cart=False
    )
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    order.refresh_from_db()
    return order


def test_seat_says_which_order_it_was_bought_with(staff, order):
    own, given = [line.enrollment for line in order.lines.order_by("seat")]
    bob = create_learner(name="Bob")
    given.claim(bob)
    by_staff = enroll(bob, course=create_course(title="Nets"))

    pages = {
        seat: staff.get(f"/admin/library/enrollment/{seat.pk}/change/").content.decode()
        for seat in (own, given, by_staff)
    }
    person = staff.get(f"/admin/accounts/user/{bob.pk}/change/").content.decode()

    change = f"/admin/checkout/order/{order.pk}/change/"
    assert f"bought with order {order.number}, seat 1" in pages[own]
    assert f"given away from order {order.number}, seat 2" in pages[given]
    assert change in pages[given]
    assert change not in pages[by_staff]
    assert f"seat {given.pk}: Knots" in person
    assert f"seat {by_staff.pk}: Nets" in person
    assert f"seat {own.pk}: Knots" not in person


def test_list_of_seats_asks_as_often_for_many(staff, order):
    staff.get("/admin/library/enrollment/")
    counts = []
    for number in (0, 9):
        for _ in range(number):
            enroll()
        with CaptureQueriesContext(connection) as queries:
            staff.get("/admin/library/enrollment/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_refund_says_beforehand_whose_seats_would_end(staff, order):
    order.lines.get(seat=2).enrollment.claim(create_learner(name="Bob"))

    page = staff.get(f"/admin/checkout/order/{order.pk}/refund/").content.decode()

    ends = page.partition("these would end")[2].partition("</ul>")[0]
    assert "Ada, active" in ends
    assert "Bob, active" in ends
