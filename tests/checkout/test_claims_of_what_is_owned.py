"""What becomes of a claim where the course is there already, or the money goes back."""

import pytest

from checkout.claims import claim_orders
from checkout.disputes import apply_disputes
from checkout.models import Order
from checkout.refunds import apply_refunds
from checkout.settlement import settle
from library.models import Enrollment
from tests.checkout.claiming import claim, give_back, own, person_at_browser, seats, written_to
from tests.checkout.guests import ADA, Browser, create_guest_order, create_person
from tests.checkout.shop import create_order, create_payment, dispute_of, snapshot_of
from tests.checkout.test_mails import refund_of
from tests.checkout.test_orders import text_of
from tests.factories import create_course, create_learner, enroll

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(memory_gateway):
    return Browser(memory_gateway)


def test_course_that_is_owned_leaves_the_seat_to_give_away(course):
    other = create_course(title="Knots", lessons=1)
    order = create_guest_order(courses=[course, other])
    person, client = person_at_browser()
    enroll(person, course=course)

    claim(client, order)

    page = text_of(client.get(order.get_absolute_url()))
    spare = Enrollment.objects.get(order_line__course=course)
    assert (spare.status, spare.learner) == ("unclaimed", None)
    assert spare.claim_url in page
    assert f"You had “{course.title}” already." in page
    assert own() == [False, True]
    assert page.count("Start lesson 1") == 1
    friend, friends_client = person_at_browser()
    friends_client.post(spare.claim_url.removeprefix("http://localhost:8000"))
    spare.refresh_from_db()
    assert spare.learner == friend


def test_course_that_is_owned_by_now_is_a_gift_of_an_order_that_waits(browser, course):
    browser.add(course)
    browser.check_out()
    person, client = person_at_browser()
    enroll(person, course=course)
    claim(client, Order.objects.get())

    browser.pay()

    assert own() == [False]
    assert seats()[-1] == ("unclaimed", None)


def test_same_course_bought_as_guest_and_as_person_can_be_refunded(browser, course):
    person, client = person_at_browser(ADA)
    bought = create_order(buyer=person, courses=[course], with_cart=False)
    payment = create_payment(order=bought)
    settle(payment.pk, snapshot_of(payment))
    order = browser.buy(course)

    client.get("/library/")

    assert [seat for seat in seats() if seat[1]] == [("active", ADA)]
    payment = order.payments.get()
    line = order.lines.get()
    refund = give_back(payment, line)
    apply_refunds(payment.pk, [refund_of(refund)])
    assert seats() == [("active", ADA), ("revoked", None)]
    assert written_to(ADA, f"refunded:{refund.pk}")


def test_seat_that_its_link_gave_away_stays_where_it_is(course):
    """Letters of old shops had a link for each seat, the buyer's own among them."""
    order = create_guest_order(courses=[course])
    friend = create_learner()
    Enrollment.objects.get().claim(friend)
    _, client = person_at_browser()

    claim(client, order)

    assert seats() == [("active", friend.email)]
    assert own() == [False]
    assert "Start lesson 1" not in text_of(client.get(order.get_absolute_url()))


def test_seat_that_its_link_gave_away_opens_for_nobody_else(course):
    order = create_guest_order(courses=[course])
    Enrollment.objects.get().claim(create_learner())
    _, client = person_at_browser()

    assert "Start lesson 1" not in text_of(client.get(order.get_absolute_url()))


def test_two_orders_of_one_course_open_it_once(course):
    orders = [create_guest_order(courses=[course]) for _ in range(2)]
    person = create_person()

    claims = claim_orders(person)

    assert [claim.order for claim in claims] == orders
    assert [len(claim.spare) for claim in claims] == [0, 1]
    assert seats() == [("active", ADA), ("unclaimed", None)]


def test_dispute_before_the_claim_keeps_the_seat_for_the_claimer(course):
    order = create_guest_order(courses=[course])
    payment = order.payments.get()
    apply_disputes(payment.pk, [dispute_of(payment, "needs_response")])
    assert seats() == [("suspended", None)]
    _, client = person_at_browser(ADA)

    client.get("/library/")
    assert seats() == [("suspended", ADA)]
    assert "Paused" in text_of(client.get(order.get_absolute_url()))

    apply_disputes(payment.pk, [dispute_of(payment, "won")])
    assert seats() == [("active", ADA)]


def test_dispute_that_is_paused_leaves_a_spare_seat_spare(course):
    order = create_guest_order(courses=[course])
    payment = order.payments.get()
    apply_disputes(payment.pk, [dispute_of(payment, "needs_response")])
    person = create_person()
    enroll(person, course=course)

    claim_orders(person)
    apply_disputes(payment.pk, [dispute_of(payment, "won")])

    assert seats()[0] == ("unclaimed", None)
    assert own() == [False]


def test_refund_before_the_claim_that_comes_back_opens_for_the_claimer(course):
    order = create_guest_order(courses=[course])
    payment = order.payments.get()
    refund = give_back(payment, order.lines.get())
    apply_refunds(payment.pk, [refund_of(refund)])
    assert seats() == [("revoked", None)]
    claim_orders(create_person())

    apply_refunds(payment.pk, [refund_of(refund, "failed")])

    assert seats() == [("revoked", None), ("active", ADA)]


def test_refund_after_the_claim_closes_the_course(course):
    order = create_guest_order(courses=[course])
    payment = order.payments.get()
    claim_orders(create_person())
    refund = give_back(payment, order.lines.get())

    apply_refunds(payment.pk, [refund_of(refund)])

    assert seats() == [("revoked", ADA)]
    assert written_to(ADA, f"refunded:{refund.pk}")
