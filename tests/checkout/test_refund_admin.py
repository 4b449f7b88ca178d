"""Giving money back from the office: said, looked over, sent once; and refused politely."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from checkout.disputes import apply_disputes
from checkout.gateways import OutcomeUnknown, RefundSnapshot, Refused
from checkout.models import LineAccess, Order, Refund
from checkout.refunds import apply_refunds
from checkout.settlement import settle
from tests.checkout.paying import pay_at
from tests.checkout.shop import create_order, create_payment, dispute_of, snapshot_of
from tests.checkout.test_orders import text_of
from tests.checkout.test_start import check_out
from tests.factories import add_app, create_course, create_learner, create_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    client = Client()
    client.force_login(create_staff(email="office@example.com"))
    return client


@pytest.fixture
def bank(memory_gateway):
    """A gateway that gives money back at once, unless it is told otherwise."""
    memory_gateway.answer = "succeeded"
    memory_gateway.sent = []

    def refund(refund):
        memory_gateway.sent.append(refund.amount_minor)
        if isinstance(memory_gateway.answer, Exception):
            raise memory_gateway.answer
        return refund_of(refund, memory_gateway.answer)

    memory_gateway.refund = refund
    memory_gateway.refunds_of = lambda payment: [
        refund_of(refund, refund.status)
        for refund in payment.refunds.exclude(gateway_refund_id=None)
    ]
    memory_gateway.disputes_of = lambda payment: []
    return memory_gateway


def refund_of(refund, status):
    return RefundSnapshot(
        refund_id=f"re_{refund.pk}",
        status=status,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        key=refund.idempotency_key,
    )


def paid_order(*, seats=1, **facts):
    courses = [create_course(title="Bread from Scratch"), create_course(title="The Sky")]
    buyer = create_learner(email="ada@example.com")
    order = create_order(buyer=buyer, courses=courses, seats=seats)
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment, card="Visa 4242", **facts))
    return order


@pytest.fixture
def order(bank):
    return paid_order()


def url(order, page="refund"):
    return f"/admin/checkout/order/{order.pk}/{page}/"


def give_back(staff, order, *, step="send", already=0, follow=True, **form):
    form = {"scope": "whole", "access": "usual", "note": "", "already": already, **form}
    return staff.post(url(order), {**form, step: "yes"}, follow=follow)


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


def access_of(order):
    return list(order.lines.values_list("access", flat=True))


def test_order_leads_to_the_refund(staff, order):
    page = text_of(staff.get(url(order, "change")))

    assert f'<a class="button" href="{url(order)}">Give money back</a>' in page
    assert "Attempt 1: $78" in page


def test_refund_page_offers_seats_with_their_owners_and_what_is_left(staff, order):
    page = text_of(staff.get(url(order)))

    for shown in (
        "$78 came from ada@example.com with Visa 4242",
        "Bread from Scratch, seat 1: $39 (ada@example.com, active)",
        "The Sky, seat 1: $39 (ada@example.com, active)",
        "At most: $78 is left of this payment",
    ):
        assert shown in page, shown


@pytest.mark.parametrize(
    ("form", "closes", "says"),
    [
        ({}, ["Bread from Scratch", "The Sky"], "<strong>$78</strong> of"),
        ({"access": "keep"}, [], "<strong>$78</strong> of"),
        ({"scope": "amount", "amount": "5.50"}, [], "<strong>$5.50</strong> of"),
        (
            {"scope": "amount", "amount": "5.50", "access": "close"},
            ["Bread from Scratch", "The Sky"],
            "<strong>$5.50</strong> of",
        ),
    ],
)
def test_review_says_what_goes_back_and_what_closes_and_sends_nothing(
    staff, order, bank, form, closes, says
):
    response = give_back(staff, order, step="review", **form)

    page = text_of(response)
    assert says in page
    assert "goes back to ada@example.com, to Visa 4242" in page
    assert [line.title for line in response.context["plan"].closes] == closes
    assert ("Nothing closes." in page) is not bool(closes)
    assert (Refund.objects.count(), bank.sent) == (0, [])


def test_review_keeps_what_was_said_when_it_is_changed(staff, order):
    page = text_of(give_back(staff, order, step="change", scope="amount", amount="5.50"))

    assert 'value="5.50"' in page
    assert "Look it over" in page


def test_whole_refund_closes_everything(staff, order, bank):
    response = give_back(staff, order, note="Changed her mind")

    refund = Refund.objects.get()
    facts = (refund.amount_minor, refund.status, refund.reason, refund.note, refund.ends_access)
    assert facts == (7800, "succeeded", "asked", "Changed her mind", True)
    assert refund.requested_by.email == "office@example.com"
    assert bank.sent == [7800]
    assert access_of(order) == ["ended", "ended"]
    assert messages_of(response) == ["$78 has gone back to the customer."]


def test_refund_of_a_seat_closes_that_one(staff, order, bank):
    line = order.lines.get(title="The Sky")

    give_back(staff, order, scope="lines", lines=[line.pk])

    assert (bank.sent, access_of(order)) == ([3900], ["open", "ended"])
    page = text_of(staff.get(url(order)))
    assert "At most: $39 is left of this payment" in page
    assert "The Sky, seat 1" not in page


def test_refund_of_an_amount_closes_nothing(staff, order, bank):
    give_back(staff, order, scope="amount", amount="10")

    assert (bank.sent, access_of(order)) == ([1000], ["open", "open"])


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"scope": "amount", "amount": "80"}, "That is $80, and $78 is left of this payment."),
        ({"scope": "amount", "amount": ""}, "Write an amount, such as 12.50."),
        ({"scope": "amount", "amount": "-1"}, "Write an amount, such as 12.50."),
        ({"scope": "amount", "amount": "1.001"}, "Write an amount, such as 12.50."),
        ({"scope": "lines"}, "Choose the seats whose price goes back."),
        ({"scope": "all of it"}, "Select a valid choice."),
    ],
)
def test_what_makes_no_sense_is_asked_again(staff, order, bank, form, says):
    response = give_back(staff, order, **form)

    assert (response.status_code, says in text_of(response)) == (422, True)
    assert (Refund.objects.count(), bank.sent) == (0, [])


def test_form_that_is_sent_twice_gives_back_once(staff, order, bank):
    give_back(staff, order, scope="amount", amount="10")
    again = give_back(staff, order, scope="amount", amount="10")

    assert (Refund.objects.count(), bank.sent) == (1, [1000])
    assert messages_of(again) == [
        "Something else of this payment was given back meanwhile. Look again what is left."
    ]


@pytest.mark.django_db(transaction=True)
def test_two_staff_at_the_same_moment_give_back_once(bank):
    """Fault 78. The control: with what the database says already, both go through."""
    order = paid_order()
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(create_staff())

    def send(client, already):
        try:
            return give_back(client, order, scope="amount", amount="10", already=already)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        list(pool.map(send, clients, [0, 0]))
    assert bank.sent == [1000]
    for client, already in zip(clients, [1000, 2000], strict=True):
        send(client, already)
    assert bank.sent == [1000, 1000, 1000]


def test_refund_that_gets_no_answer_is_sent_again_by_itself(staff, order, bank):
    """Fault 79."""
    bank.answer = OutcomeUnknown("It took too long.")

    response = give_back(staff, order)

    assert Refund.objects.get().status == "requested"
    assert messages_of(response) == [
        "The payment service did not confirm the refund of $78. It is written down, and is sent "
        "again by itself until it is known what became of it."
    ]


def test_refund_that_is_refused_is_told(staff, order, bank):
    bank.answer = Refused("The card is gone.")

    response = give_back(staff, order)

    order.payments.get().refresh_from_db()
    assert (Refund.objects.get().status, access_of(order)) == ("failed", ["open", "open"])
    assert messages_of(response) == ["The payment service refused: The card is gone."]


def test_refund_under_way_is_told(staff, order, bank):
    bank.answer = "pending"

    response = give_back(staff, order)

    assert access_of(order) == ["paused", "paused"]
    assert messages_of(response) == ["$78 is on its way back to the customer."]


@pytest.mark.django_db(transaction=True)
def test_refund_goes_through_the_gateway_and_the_customer_sees_it(gateway, shopper, course, staff):
    """Fault 77, over HTTP, with the webhooks that follow."""
    shopper.wants(course)
    pay_at(check_out(shopper)["Location"])
    order = Order.objects.get()

    response = give_back(staff, order)

    assert messages_of(response) == ["$39 has gone back to the customer."]
    assert (Refund.objects.get().status, access_of(order)) == ("succeeded", ["ended"])
    page = text_of(shopper.client.get(order.get_absolute_url()))
    assert "Your money goes back." in page
    assert "“Bread from Scratch”: closed, because the money has gone back to you." in page
    assert "<strong>$0.00</strong>" in text_of(staff.get("/admin/"))


def _dispute(order):
    payment = order.payments.get()
    apply_disputes(payment.pk, [dispute_of(payment, "needs_response")])


def _refund_all(order):
    payment = order.payments.get()
    snapshot = RefundSnapshot(
        refund_id="re_x", status="succeeded", amount_minor=7800, currency="usd"
    )
    apply_refunds(payment.pk, [snapshot])


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_dispute, "A dispute about this payment is open, and the bank holds the money."),
        (_refund_all, "All of it has been given back, or is on its way."),
    ],
)
def test_refund_that_would_be_refused_says_why(staff, order, bank, spoil, says):
    spoil(order)
    before = Refund.objects.count()

    for page in (staff.get(url(order)), give_back(staff, order), staff.get(url(order, "change"))):
        assert says in text_of(page)
    assert (Refund.objects.count(), bank.sent) == (before, [])


def test_order_without_money_has_nothing_to_give_back(staff, bank):
    order = create_order()

    for page in (staff.get(url(order)), give_back(staff, order)):
        assert "No money has come for this order" in text_of(page)
    assert Refund.objects.count() == 0


def test_held_order_gives_back_what_came(staff, bank):
    order = paid_order(amount_minor=100)
    page = text_of(staff.get(url(order)))

    give_back(staff, order)

    refund = Refund.objects.get()
    order.refresh_from_db()
    assert "What becomes of the courses" not in page
    assert (refund.amount_minor, refund.reason, refund.ends_access) == (100, "mismatch", False)
    assert (order.status, order.held_reason) == ("canceled", "")


def test_held_order_is_accepted_after_one_more_question(staff, bank):
    order = paid_order(amount_minor=100)

    page = text_of(staff.get(url(order, "accept")))
    assert "is over $78, and <strong>$1</strong> came" in page
    assert Order.objects.get().status == "pending"
    response = staff.post(url(order, "accept"), follow=True)

    order.refresh_from_db()
    assert (order.status, order.accepted_minor, access_of(order)) == ("paid", 100, ["open"] * 2)
    assert messages_of(response) == ["Accepted $1 instead of $78. The courses are open."]
    again = staff.post(url(order, "accept"), follow=True)
    assert messages_of(again) == ["This order does not wait for that any more."]


@pytest.mark.parametrize("seats", [1, 30])
def test_refund_page_takes_as_many_queries_for_any_order(
    staff, bank, seats, django_assert_num_queries
):
    order = paid_order(seats=seats)

    # session, person, order, payments, two of disputes, what can go back, lines, seats to choose
    with django_assert_num_queries(9):
        page = text_of(staff.get(url(order)))

    assert page.count('name="lines"') == 2 * seats


@pytest.mark.parametrize("page", ["refund", "accept", "check"])
@pytest.mark.parametrize("codenames", [[], ["view_order"]])
def test_only_those_who_may_move_money(order, bank, page, codenames):
    reader = create_learner()
    reader.is_staff = True
    reader.save()
    add_app(reader)
    reader.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(reader)

    answer = client.post(url(order, page), {"scope": "whole", "already": 0, "send": "yes"})
    stranger = Client().post(url(order, page))

    assert (answer.status_code, stranger.status_code) == (403, 302)
    assert (Refund.objects.count(), bank.sent) == (0, [])
    if codenames:
        assert "Give money back" not in text_of(client.get(url(order, "change")))


def test_seat_that_was_refunded_cannot_be_chosen_again(staff, order, bank):
    line = order.lines.first()
    give_back(staff, order, scope="lines", lines=[line.pk])

    response = give_back(staff, order, scope="lines", lines=[line.pk], already=3900)

    assert response.status_code == 422
    assert bank.sent == [3900]
    line.refresh_from_db()
    assert line.access == LineAccess.ENDED
