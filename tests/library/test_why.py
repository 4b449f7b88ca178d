"""Why somebody has a course: what its page says, and whom they let see how far they are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.models import OrderLine
from checkout.settlement import settle
from library.invitations import invite
from library.models import Enrollment, EnrollmentSource
from tests.checkout.guests import create_guest_order
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import create_course, create_learner, create_staff, enroll

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return create_course(title="Knots", slug="knots", lessons=2)


def buy(buyer, course, *, seats=1):
    """Have somebody buy seats; return the order's enrollments."""
    order = create_order(buyer=buyer, courses=[course], seats=seats, with_cart=False)
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    lines = OrderLine.objects.filter(order=order).order_by("seat").select_related("enrollment")
    return [line.enrollment for line in lines]


def why(visitor):
    """Return what the course's page says about it, with spaces made single."""
    page = " ".join(visitor.get("/library/knots/").content.decode().split())
    return page.partition('id="why"')[2].partition("</details>")[0]


def test_purchase_leads_to_its_order(visitor, course):
    [seat] = buy(visitor.sign_in(), course)

    said = why(visitor)

    assert "You bought it on" in said
    assert seat.order_line.order.get_absolute_url() in said
    assert "open to you for good" in said
    assert "share-progress" not in said


def test_seat_of_somebody_elses_order_names_them(visitor, course):
    _, seat = buy(create_learner(name="Ada"), course, seats=2)
    seat.claim(visitor.sign_in())

    said = why(visitor)

    assert "a seat that Ada bought and gave away" in said
    assert "/orders/" not in said


def test_gift_shows_its_note(visitor, course):
    _, seat = buy(create_learner(name="Ada"), course, seats=2)
    invite(
        seat, email="b@example.com", from_name="Ada", recipient="Bob", note="Ahoy!", is_gift=True
    )
    seat.claim(visitor.sign_in())

    said = why(visitor)

    assert "It is a gift from Ada." in said
    assert "Ahoy!" in said


def test_seat_by_staff_says_why_and_until_when(visitor, course):
    staff = create_staff()
    Enrollment.objects.grant(
        visitor.sign_in(),
        course,
        source=EnrollmentSource.STAFF,
        reason="For your help.",
        given_by=staff,
        ends_at=timezone.now() + timedelta(days=9),
    )

    said = why(visitor)

    assert "For your help." in said
    assert "open to you until" in said
    assert staff.email not in said


def test_guest_reads_of_their_order(browser, course):
    order = create_guest_order(courses=[course])
    session = browser.client.session
    session["guest_orders"] = [order.reference]
    session.save()
    browser.get(order.get_absolute_url())

    assert order.get_absolute_url() in why(browser)


def test_progress_is_shared_and_not_any_more(visitor, course):
    _, seat = buy(create_learner(name="Ada"), course, seats=2)
    seat.claim(visitor.sign_in())

    for share, is_shared in (("1", True), ("0", False), ("2", False)):
        visitor.post("/sharing/knots/", {"share": share})
        seat.refresh_from_db()
        assert seat.shares_progress is is_shared


def test_claim_page_says_who_sees_what_and_asks(visitor, course):
    _, seat = buy(create_learner(name="Ada"), course, seats=2)
    visitor.sign_in()
    path = seat.claim_url.removeprefix(seat.claim_url.partition("/claim")[0])

    page = visitor.get(path).content.decode()
    assert "comes from Ada, who will see that you have taken it" in page
    visitor.post(path, {"shares": "yes"})

    seat.refresh_from_db()
    assert (seat.learner, seat.shares_progress) == (visitor.learner, True)


def test_ending_one_seat_never_touches_another(visitor, course):
    """Two people of one order, and one who has a seat of another source beside it."""
    ada = create_learner(name="Ada")
    own, given = buy(ada, course, seats=2)
    given.claim(visitor.sign_in())
    other = create_course(slug="nets")
    by_staff = enroll(visitor.learner, course=other)
    late = buy(create_learner(), course, seats=2)[1]

    given.revoke()

    assert [e.status for e in Enrollment.objects.filter(pk__in=[own.pk, by_staff.pk])] == [
        "active",
        "active",
    ]
    assert visitor.is_sent_to(visitor.get("/library/knots/")) == "/courses/knots/"
    late.claim(visitor.learner)
    assert "gave away" in why(visitor)
