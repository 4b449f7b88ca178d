"""Claims at the same moment as others, and as money that comes."""

import pytest

from checkout.claims import claim_order, claim_orders
from checkout.settlement import settle
from library.models import Enrollment, InvalidTransition
from tests.checkout.claiming import own, seats, together
from tests.checkout.guests import ADA, create_guest_order, create_person
from tests.checkout.shop import snapshot_of
from tests.factories import create_course, create_learner

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_two_people_with_one_link_and_one_gets_it(course):
    order = create_guest_order(courses=[course, create_course()])
    people = [create_learner() for _ in range(4)]

    claims = together(*[lambda person=person: claim_order(order.pk, person) for person in people])

    assert sum(claim is not None for claim in claims) == 1
    order.refresh_from_db()
    assert seats() == [("active", order.user.email)] * 2


@pytest.mark.django_db(transaction=True)
def test_one_person_with_two_orders_and_two_looks(course):
    """Both looks take both orders, in the same order; nobody waits in a circle."""
    for _ in range(2):
        create_guest_order(courses=[course, create_course()])
    person = create_person()

    claims = together(*[lambda: claim_orders(person)] * 4)

    assert sum(len(some) for some in claims) == 2
    active = [seat for seat in seats() if seat == ("active", ADA)]
    assert (len(active), len(seats())) == (3, 4)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", range(5))
def test_claim_at_the_moment_of_settling_ends_with_the_seat(course, time):
    order = create_guest_order(courses=[course], is_paid=False)
    payment = order.payments.get()
    person = create_person()

    together(
        lambda: settle(payment.pk, snapshot_of(payment)),
        lambda: claim_order(order.pk, person),
    )

    assert seats() == [("active", ADA)]
    assert own() == [True]


@pytest.mark.django_db(transaction=True)
def test_seat_that_is_taken_by_its_link_while_the_order_is_claimed_has_one_holder(course):
    order = create_guest_order(courses=[course])
    seat, friend, person = Enrollment.objects.get(), create_learner(), create_person()

    def take():
        try:
            return Enrollment.objects.get(pk=seat.pk).claim(friend)
        except InvalidTransition:
            return False

    taken, claim = together(take, lambda: claim_order(order.pk, person))

    assert seats() == [("active", friend.email if taken else ADA)]
    assert own() == [not taken]
    assert claim.order == order
