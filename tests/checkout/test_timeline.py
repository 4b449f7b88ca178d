"""An order's story as its customer reads it, and what the page says of money that went back."""

import re

import pytest
from django.utils import timezone

from checkout.disputes import apply_disputes
from checkout.gateways import RefundSnapshot, SessionState
from checkout.models import Order, Payment, Refund
from checkout.refunds import apply_refunds, request_refund
from checkout.settlement import accept_payment, settle
from tests.checkout.conftest import HTMX
from tests.checkout.shop import create_order, create_payment, dispute_of, snapshot_of
from tests.checkout.test_orders import let_time_pass, text_of
from tests.factories import create_course, enroll

pytestmark = pytest.mark.django_db

BREAD, SKY = "Bread from Scratch", "The Sky"


@pytest.fixture
def order(shopper):
    """An order of two courses whose payment page was opened."""
    courses = [create_course(title=BREAD, lessons=1), create_course(title=SKY, lessons=1)]
    order = create_order(buyer=shopper.user, courses=courses)
    payment = create_payment(order=order)
    Payment.objects.filter(pk=payment.pk).update(opened_at=timezone.now())
    return order


@pytest.fixture
def paid(order):
    settle_now(order)
    return order


def settle_now(order, **facts):
    payment = order.payments.latest("attempt")
    settle(payment.pk, snapshot_of(payment, **facts))


def give_back(order, *, titles=(), status="succeeded", amount_minor=None, ends_access=True):
    payment = order.payments.get()
    lines = list(order.lines.filter(title__in=titles))
    amount_minor = amount_minor or sum(line.price_minor for line in lines) or payment.free_minor
    refund = request_refund(
        payment, amount_minor=amount_minor, reason="asked", lines=lines, ends_access=ends_access
    )
    answer(refund, status)
    return refund


def answer(refund, status):
    snapshot = RefundSnapshot(
        refund_id=f"re_{refund.pk}",
        status=status,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        key=refund.idempotency_key,
    )
    apply_refunds(refund.payment_id, [snapshot])


def dispute(order, *statuses, **facts):
    for status in statuses:
        payment = order.payments.get()
        apply_disputes(payment.pk, [dispute_of(payment, status, **facts)])


def look(shopper, order, headers=None):
    return text_of(shopper.client.get(order.get_absolute_url(), headers=headers))


def story(page):
    part = page[page.index('<ol class="moments"') :]
    return re.findall(r"</time> <p>(.*?)</p>", part[: part.index("</ol>")])


BOUGHT = [
    "You placed the order.",
    "The payment page opened.",
    "Paid: $78.",
    "Your courses opened.",
]
BACK = "$39 is on its way back to you. Banks take five to ten days to show it."
INQUIRY = "Your bank asked us about this payment. Nothing changes for you."
SETTLED = "Your bank has settled its question."
ASKED = "Your bank asked for this payment back. Its courses are paused until it decides."


@pytest.mark.parametrize("headers", [None, HTMX])
def test_story_of_a_purchase(shopper, paid, headers):
    page = look(shopper, paid, headers)

    assert ("<html" in page) is (headers is None)
    assert story(page) == BOUGHT
    assert page.count('<time datetime="') == len(BOUGHT) + 1  # and the receipt's


def test_story_of_a_bank_that_takes_days_and_refuses(shopper, order):
    settle_now(order, state=SessionState.PROCESSING)
    settle_now(order, state=SessionState.FAILED)

    assert story(look(shopper, order)) == [
        "You placed the order.",
        "The payment page opened.",
        "Your bank is confirming the payment.",
        "Your bank refused the payment. Nothing was charged.",
    ]


@pytest.mark.parametrize(
    ("statuses", "then"),
    [
        (["succeeded"], [BACK]),
        (["pending"], [BACK]),
        (["pending", "failed"], [BACK, "The $39 did not arrive. We will write to you about it."]),
        (["failed"], ["The $39 did not arrive. We will write to you about it."]),
    ],
)
def test_story_of_a_refund(shopper, paid, statuses, then):
    first, *later = statuses
    refund = give_back(paid, titles=[BREAD], status=first)
    for status in later:
        answer(refund, status)

    told = story(look(shopper, paid))

    is_gone = statuses[-1] == "failed"
    for_what = "" if is_gone else f" for “{BREAD}”"
    assert told == [*BOUGHT, f"We are giving you $39 back{for_what}.", *then]


@pytest.mark.parametrize(
    ("statuses", "then"),
    [
        (["warning_needs_response"], [INQUIRY]),
        (["needs_response"], [ASKED]),
        (["needs_response", "won"], [ASKED, f"{SETTLED} Your courses are open."]),
        (["warning_needs_response", "warning_closed"], [INQUIRY, SETTLED]),
        (
            ["needs_response", "lost"],
            [ASKED, "Your bank gave $78 back to you. The courses are closed with that."],
        ),
    ],
)
def test_story_of_a_dispute(shopper, paid, statuses, then):
    dispute(paid, *statuses)

    assert story(look(shopper, paid)) == [*BOUGHT, *then]


def test_long_story_is_folded(shopper, paid):
    for _ in range(2):
        give_back(paid, amount_minor=100, ends_access=False)

    page = look(shopper, paid)

    assert "<summary>All 8 moments, the oldest first</summary>" in page
    assert len(story(page)) == 8


def test_story_of_money_that_was_accepted(shopper, order):
    settle_now(order, amount_minor=5000)
    accept_payment(order.payments.get().pk)

    page = look(shopper, order)

    assert story(page) == [
        "You placed the order.",
        "The payment page opened.",
        "Paid: $50.",
        "We took $50 for the order.",
        "Your courses opened.",
    ]
    assert '<th scope="row">Paid instead</th> <td class="num">$50</td>' in page


def test_refund_of_a_course_closes_it_and_leaves_the_other(shopper, paid):
    give_back(paid, titles=[BREAD])

    page = look(shopper, paid)

    assert f"“{BREAD}”: closed, because the money has gone back to you." in page
    assert "Open for good" not in page
    assert ("It’s yours." in page, page.count("Start lesson 1")) == (True, 1)
    assert page.count("Refunded, and closed") == 1
    assert '<td class="num">−$39</td>' in page
    assert '<th scope="row">Left</th> <td class="num">$39</td>' in page


def test_refund_of_everything_thanks_nobody(shopper, paid):
    give_back(paid)

    page = look(shopper, paid)

    assert "Paid, and given back" in page
    assert "Your money goes back." in page
    assert "Start lesson 1" not in page
    assert page.count("Refunded, and closed") == 2
    assert '<th scope="row">Left</th> <td class="num">$0</td>' in page


def test_refund_under_way_pauses_and_can_be_checked(shopper, paid):
    give_back(paid, status="pending")

    page = look(shopper, paid)

    assert f"“{BREAD}” and “{SKY}”: paused while the money is on its way back to you." in page
    assert "On its way back" in page
    assert f'action="{paid.get_absolute_url()}check/"' in page


def test_refund_that_leaves_courses_open_says_so(shopper, paid):
    give_back(paid, amount_minor=500, ends_access=False)

    page = look(shopper, paid)

    assert "Open for good" in page
    assert '<th scope="row">Left</th> <td class="num">$73</td>' in page


@pytest.mark.parametrize(
    ("statuses", "heading", "says"),
    [
        (["warning_needs_response"], "They’re yours.", "Open for good"),
        (["needs_response"], "Paused for now.", "paused. Your bank has asked for the money back"),
        (["needs_response", "won"], "They’re yours.", "Open for good"),
        (["needs_response", "lost"], "Closed.", "closed. Your bank gave the money back to you."),
    ],
)
def test_dispute_is_said_as_it_is(shopper, paid, statuses, heading, says):
    dispute(paid, *statuses)

    page = look(shopper, paid)

    assert f'tabindex="-1">{heading}</h1>' in page
    assert says in page
    assert ("Open for good" in page) is ("Start lesson 1" in page)


def test_money_that_the_bank_gave_back_is_not_left(shopper, paid):
    dispute(paid, "needs_response", "lost")

    page = look(shopper, paid)

    assert '<th scope="row">Given back by your bank</th> <td class="num">−$78</td>' in page
    assert '<th scope="row">Left</th> <td class="num">$0</td>' in page


def test_gift_that_is_closed_is_not_open_for_good(shopper):
    order = create_order(buyer=shopper.user, courses=[create_course(title=BREAD)], seats=2)
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    gift = order.lines.get(seat=2)
    refund = request_refund(
        payment, amount_minor=3900, reason="asked", lines=[gift], ends_access=True
    )
    answer(refund, "succeeded")

    page = look(shopper, order)

    assert "Open for good" not in page
    assert "/claim/" not in page


def test_course_that_was_owned_says_that_its_price_goes_back(shopper, order):
    enroll(shopper.user, course=order.lines.get(title=BREAD).course)
    settle_now(order)

    page = look(shopper, order)

    assert "You had this one already. Its price goes back to you." in page
    assert "Being refunded" in page
    answer(Refund.objects.get(), "succeeded")
    assert "Refunded</span>" in look(shopper, order)


@pytest.mark.parametrize("status", ["expired", "canceled"])
def test_money_of_an_order_that_is_closed_goes_back(shopper, order, status):
    settle_now(order, amount_minor=1500)
    Order.objects.filter(pk=order.pk).update(status="pending" if status == "canceled" else status)
    page = look(shopper, order)
    assert "$15 has arrived, and the order is over $78." in page
    arrived = "$15 arrived, which is not what the order costs."
    assert story(page)[-1] == f"{arrived} We are looking at it."

    give_back(order)

    page = look(shopper, order)
    order.refresh_from_db()
    assert order.status == status
    assert "You have not been charged" not in page
    assert "$15 that came for it goes back to you" in page
    assert story(page)[2:4] == [arrived, "We are giving you $15 back."]


def test_money_that_came_twice_goes_back(shopper, paid):
    second = create_payment(order=paid, attempt=2)
    settle(second.pk, snapshot_of(second))

    page = look(shopper, paid)

    assert "$78 that came for it a second time goes back to you" in page
    assert "$78 came a second time. It goes back to you." in story(page)
    assert '<th scope="row">Left</th>' not in page


def test_bank_is_told_by_the_way_of_paying(shopper, order):
    settle_now(order, state=SessionState.PROCESSING, method="sepa_debit")

    assert "You chose a SEPA debit, and that takes a few days." in look(shopper, order)


@pytest.mark.parametrize("rows", [1, 30])
def test_order_page_takes_as_many_queries_for_any_story(shopper, rows, django_assert_num_queries):
    order = create_order(buyer=shopper.user, courses=[create_course(price_minor=9000, lessons=1)])
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    for number in range(rows):
        give_back(order, amount_minor=100, ends_access=False)
        dispute(order, "warning_closed", dispute_id=f"du_{number}")

    # session, person, order, payments, lines, outlines, refunds, disputes; cart, its lines, owned
    with django_assert_num_queries(9):
        page = look(shopper, order, HTMX)

    assert len(story(page)) == 3 + 4 * rows


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_check_looks_at_refunds_of_a_paid_order_once_in_a_while(
    shopper, paid, memory_gateway, headers
):
    refund = give_back(paid, status="pending")
    asked = []

    def refunds_of(payment):
        asked.append(payment.pk)
        return [
            RefundSnapshot(
                refund_id=f"re_{refund.pk}", status="succeeded", amount_minor=7800, currency="usd"
            )
        ]

    memory_gateway.refunds_of = refunds_of
    memory_gateway.disputes_of = lambda payment: []
    url = f"{paid.get_absolute_url()}check/"
    shopper.client.get(paid.get_absolute_url())
    shopper.client.get(f"{paid.get_absolute_url()}status/", headers=HTMX)
    assert asked == []

    for _ in range(3):
        response = shopper.client.post(url, headers=headers)

    assert len(asked) == 1
    page = text_of(response) if headers else look(shopper, paid)
    assert "Your money goes back." in page
    assert ("We have asked. This is how it stands." in page) is bool(headers)
    assert "Paid. " not in page
    let_time_pass(paid)
    shopper.client.post(url, headers=headers)
    assert len(asked) == 2


def test_list_says_what_went_back(shopper, paid):
    other = create_order(buyer=shopper.user, courses=[create_course()], with_cart=False)
    create_payment(order=other)
    settle_now(other)
    give_back(paid, titles=[BREAD])
    dispute(other, "needs_response")
    assert badges(shopper) == [("badge-warn", "Paid, and paused"), ("", "Partly refunded")]
    assert "$39 refunded" in text_of(shopper.client.get("/orders/"))

    give_back(paid, titles=[SKY])
    dispute(other, "lost")
    assert badges(shopper) == [("", "Closed"), ("", "Refunded")]


def badges(shopper):
    page = text_of(shopper.client.get("/orders/"))
    return re.findall(r'<p class="badge ?([\w-]*)">(.*?)</p>', page)
