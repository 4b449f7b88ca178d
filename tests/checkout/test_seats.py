"""The seats of an order that are for others: who has them, and handing them out."""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.utils import timezone

from checkout.models import Cart, OrderLine
from checkout.placing import begin_payment
from checkout.refunds import request_refund
from checkout.settlement import settle
from checkout.summary import CartSummary
from library.invitations import invite
from library.models import Enrollment, SeatInvitation
from project.models import OutboundMail
from tests.checkout.guests import create_guest_order, create_person
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import complete, create_course, create_learner, enroll
from tests.library.conftest import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["browser", "htmx"])
def buyer(request):
    """Return somebody who visits once as a browser and once as htmx."""
    cache.clear()
    visitor = Visitor(uses_htmx=request.param == "htmx")
    visitor.sign_in(create_person("ada@example.com"))
    return visitor


def bought(buyer, *, seats=3, course=None):
    """Have somebody buy seats; return the order, and its seats for others."""
    course = course or create_course(title="Knots", slug=f"knots-{seats}", lessons=4)
    order = create_order(buyer=buyer, courses=[course], seats=seats, with_cart=False)
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    order.refresh_from_db()
    return order, list(order.lines.filter(is_for_buyer=False).order_by("seat"))


def page_of(order):
    return f"{order.get_absolute_url()}seats/"


def act(buyer, order, line, what, **data):
    return buyer.post(f"{page_of(order)}{line.pk}/{what}/", data)


def seat_of(line):
    return OrderLine.objects.select_related("enrollment").get(pk=line.pk).enrollment


def letters():
    return list(OutboundMail.objects.filter(key__startswith="seat:").order_by("pk"))


def test_page_shows_each_seat_and_its_link(buyer):
    order, lines = bought(buyer.learner)

    page = buyer.get(page_of(order)).content.decode()

    assert page.count('class="seat"') == 2
    for line in lines:
        assert line.enrollment.claim_url in page
    assert order.lines.get(is_for_buyer=True).enrollment.claim_url not in page
    assert page_of(order) in buyer.get(order.get_absolute_url()).content.decode()
    assert page_of(order) in buyer.get("/library/").content.decode()


def test_page_waits_for_the_money(buyer):
    order = create_order(buyer=buyer.learner, seats=2)

    assert buyer.is_sent_to(buyer.get(page_of(order))) == order.get_absolute_url()


def test_invitation_mails_the_link_and_names_whom_it_comes_from(buyer):
    order, [line, other] = bought(buyer.learner)

    response = act(buyer, order, line, "invitation", email="Bob@Example.com")

    invitation = SeatInvitation.objects.get()
    assert (invitation.enrollment_id, invitation.email) == (line.enrollment_id, "bob@example.com")
    [letter] = letters()
    assert letter.to == "bob@example.com"
    assert line.enrollment.claim_url in letter.text
    assert "ada@example.com" in letter.text
    if buyer.uses_htmx:
        part = response.content.decode()
        assert f'id="seat-{line.pk}"' in part
        assert f'id="seat-{other.pk}"' not in part
        assert "bob@example.com" in part
    else:
        assert buyer.is_sent_to(response) == f"{page_of(order)}#seat-{line.pk}"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"email": "nowhere"}, "no e-mail address that we can write to"),
        ({"kind": "gift", "email": "bob@example.com"}, "for whom the gift is"),
        (
            {"kind": "gift", "email": "b@example.com", "recipient": "Bob", "note": "https://x.y"},
            "leave links out",
        ),
        (
            {
                "kind": "gift",
                "email": "b@example.com",
                "recipient": "Bob",
                "deliver_on": "2020-02-02",
            },
            "That day is over",
        ),
    ],
)
def test_invitation_says_what_does_not_fit_and_keeps_what_was_typed(buyer, data, says):
    order, [line, _] = bought(buyer.learner)

    response = act(buyer, order, line, "invitation", **data)

    page = response.content.decode()
    assert response.status_code == 422
    assert says in page
    assert f'value="{data["email"]}"' in page
    assert not SeatInvitation.objects.exists()
    assert letters() == []


def test_gift_is_kept_until_its_day(buyer):
    order, [line, _] = bought(buyer.learner)
    day = timezone.localdate() + timedelta(days=9)

    act(
        buyer,
        order,
        line,
        "invitation",
        kind="gift",
        email="bob@example.com",
        recipient="Bob",
        note="For the boat.",
        deliver_on=day.isoformat(),
    )

    gift = SeatInvitation.objects.get()
    assert (gift.deliver_on, gift.sent_at, gift.note) == (day, None, "For the boat.")
    assert letters() == []
    page = buyer.get(page_of(order)).content.decode()
    assert "Wrapped" in page
    assert "For the boat." in page

    act(buyer, order, line, "letter")

    [letter] = letters()
    assert "For the boat." in letter.text


def test_invitation_is_not_mailed_again_at_once_nor_too_often(buyer):
    order, [line, _] = bought(buyer.learner)
    invitation = invite(line.enrollment, email="bob@example.com")

    act(buyer, order, line, "letter")
    assert len(letters()) == 1

    for _ in range(9):
        earlier = timezone.now() - timedelta(days=1)
        SeatInvitation.objects.filter(pk=invitation.pk).update(sent_at=earlier)
        act(buyer, order, line, "letter")
    assert len(letters()) == 5


def test_seat_that_is_taken_back_is_free_and_its_old_link_dead(buyer):
    order, [line, _] = bought(buyer.learner)
    invite(line.enrollment, email="bob@example.com", from_name="Ada")
    old = urlsplit(line.enrollment.claim_url).path
    stranger = Visitor(uses_htmx=buyer.uses_htmx)
    stranger.sign_in()

    act(buyer, order, line, "return")

    assert not SeatInvitation.objects.exists()
    stranger.post(old)
    assert seat_of(line).status == "unclaimed"
    assert "This link was taken back" in stranger.get(old).content.decode()
    new = urlsplit(seat_of(line).claim_url).path
    stranger.post(new)
    assert (seat_of(line).status, seat_of(line).learner) == ("active", stranger.learner)


def test_seat_that_is_taken_is_not_taken_back(buyer):
    order, [line, _] = bought(buyer.learner)
    learner = create_learner(email="bob@example.com", name="Bob")
    line.enrollment.claim(learner)

    response = act(buyer, order, line, "return")

    assert (seat_of(line).status, seat_of(line).learner) == ("active", learner)
    told = "Somebody has taken this seat, so it cannot be taken back."
    assert told in (response.content.decode() if buyer.uses_htmx else buyer.messages())
    assert "Bob (bob@example.com)" in buyer.get(page_of(order)).content.decode()


def test_nobody_is_invited_to_a_seat_that_is_taken(buyer):
    order, [line, _] = bought(buyer.learner)
    line.enrollment.claim(create_learner())

    act(buyer, order, line, "invitation", email="bob@example.com")

    assert not SeatInvitation.objects.exists()
    assert letters() == []


def test_buyer_sees_how_far_somebody_is_only_if_they_let_them(buyer):
    order, [line, other] = bought(buyer.learner)
    shy, open_hearted = create_learner(), create_learner()
    line.enrollment.claim(shy)
    other.enrollment.claim(open_hearted, shares_progress=True)
    lessons = list(line.course.lessons.all())
    complete(shy, *lessons[:3])
    complete(open_hearted, lessons[0])

    page = buyer.get(page_of(order)).content.decode()

    assert "1 of 4 lessons done" in page
    assert "3 of 4 lessons done" not in page


def test_seats_of_a_refund_are_shown_as_ended(buyer):
    order, [line, other] = bought(buyer.learner)
    request_refund(
        order.payments.get(), amount_minor=3900, reason="asked", lines=[line], ends_access=True
    )
    seat_of(line).revoke()

    page = buyer.get(page_of(order)).content.decode()

    assert "Ended" in page
    assert other.enrollment.claim_url in page


def test_guest_hands_seats_out_by_the_secret_link(client):
    order = create_guest_order(email="ada@example.com", seats=2)
    line = order.lines.get(is_for_buyer=False)

    client.post(f"{page_of(order)}{line.pk}/invitation/", {"email": "bob@example.com"})

    assert SeatInvitation.objects.get().from_name == "ada@example.com"
    create_person("ada@example.com")
    browser = Visitor(uses_htmx=False)
    ada = browser.sign_in(create_learner(email="x@example.com"))
    browser.post(f"{order.get_absolute_url()}claim/")
    assert SeatInvitation.objects.get().giver == ada
    assert client.get(page_of(order)).status_code == 303


def test_buyers_own_seat_is_not_handed_out(buyer):
    order, _ = bought(buyer.learner)
    own = order.lines.get(is_for_buyer=True)

    assert act(buyer, order, own, "invitation", email="bob@example.com").status_code == 404
    assert act(buyer, order, own, "return").status_code == 404


def test_page_asks_as_often_for_fifty_seats(buyer, django_assert_num_queries):
    small, [line] = bought(buyer.learner, seats=2)
    line.enrollment.claim(create_learner(), shares_progress=True)
    large, lines = bought(create_learner(), seats=50)
    large.user = buyer.learner
    large.save()
    for each in lines[:20]:
        each.enrollment.claim(create_learner(), shares_progress=True)
    for each in lines[20:40]:
        invite(each.enrollment, email="bob@example.com")
    buyer.get(page_of(small))

    for order in (small, large):
        with django_assert_num_queries(7 if buyer.uses_htmx else 8):
            buyer.get(page_of(order))


def test_pages_go_on_counting_the_seats(buyer):
    order, lines = bought(buyer.learner, seats=50, course=create_course(title="Knots"))
    OrderLine.objects.filter(pk=lines[0].pk).update(seat=60)
    more = create_course(title="Bread")
    for seat in range(1, 4):
        enrollment = Enrollment.objects.set_aside(more, source="purchase")
        OrderLine.objects.create(
            order=order,
            course=more,
            seat=seat,
            title="Bread",
            price_minor=0,
            is_for_buyer=False,
            outcome="granted",
            enrollment=enrollment,
        )

    first = buyer.get(page_of(order)).content.decode()
    second = buyer.get(f"{page_of(order)}?page=2").content.decode()

    assert first.count('class="seat"') == 50
    assert second.count('class="seat"') == 2
    assert "Seat 3" in second


def test_cart_says_that_all_are_to_be_given_away(buyer):
    course = create_course(title="Knots", slug="knots")
    buyer.learner.carts.create().put(course, seats=2)

    buyer.post("/cart/items/knots/giving/", {"all": "yes"})

    page = buyer.client.get("/cart/").content.decode()
    assert "All 2 come as links to give away." in page
    assert wanted_of(buyer) == [False, False]
    buyer.post("/cart/items/knots/giving/", {})
    assert wanted_of(buyer) == [True, False]


def test_course_that_is_owned_can_be_given_to_somebody(buyer):
    course = create_course(title="Knots", slug="knots", lessons=1)
    enroll(buyer.learner, course=course)
    assert "Give it to somebody" in buyer.client.get("/courses/knots/").content.decode()

    buyer.post("/cart/items/", {"course": "knots", "for_others": "yes"})
    buyer.client.post("/accounts/logout/")
    buyer.client.force_login(buyer.learner)

    assert wanted_of(buyer) == [False]
    assert CartSummary(Cart.objects.get().items.with_goods(), owned={course.pk}).can_check_out


def test_order_that_is_all_for_others_opens_nothing_for_its_buyer(buyer, memory_gateway):
    course = create_course(title="Knots", slug="knots")
    cart = Cart.objects.of_owner(buyer.learner)
    cart.put(course, seats=2, is_for_others=True)
    payment = begin_payment(cart, user=buyer.learner, email="ada@example.com", token=uuid4())
    settle(payment.pk, snapshot_of(payment))

    assert [seat.status for seat in Enrollment.objects.all()] == ["unclaimed", "unclaimed"]
    assert not cart.items.exists()
    page = buyer.client.get(payment.order.get_absolute_url()).content.decode()
    assert "Seats to give away" in page


def wanted_of(buyer):
    cart = Cart.objects.of_owner(buyer.learner)
    return [seat.is_for_buyer for seat in CartSummary(cart.items.with_goods(), owned=set()).wanted]
