"""What staff see of the money: everything, and nothing that they could change by hand."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checkout.disputes import apply_disputes
from checkout.gateways import GatewayError, RefundSnapshot, SessionState
from checkout.models import Cart, Dispute, LedgerEntry, Order, Payment, Refund, WebhookEvent
from checkout.refunds import apply_refunds
from checkout.settlement import settle
from tests.checkout.shop import create_order, create_payment, dispute_of, snapshot_of
from tests.checkout.test_orders import text_of
from tests.factories import add_app, create_course, create_learner, create_staff

pytestmark = pytest.mark.django_db

BOOKS = [Order, Payment, LedgerEntry, WebhookEvent, Cart, Refund, Dispute]


@pytest.fixture
def staff(settings):
    client = Client()
    client.force_login(create_staff())
    return client


@pytest.fixture
def order():
    """A paid order of which an event told."""
    order = create_order(courses=[create_course(title="Bread from Scratch")], seats=2)
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment, card="Visa 4242"))
    event = WebhookEvent.objects.create(
        gateway="stripe",
        livemode=False,
        event_id="evt_of_the_order",
        type="checkout.session.completed",
        payload={"what": "was said"},
        event_created_at=order.created_at,
    )
    event.payment = payment
    event.finish()
    apply_refunds(payment.pk, [refund_snapshot(1000)], is_complete=True)
    apply_disputes(payment.pk, [dispute_of(payment, "needs_response")])
    return order


def refund_snapshot(amount_minor, number=1, status="succeeded"):
    return RefundSnapshot(
        refund_id=f"re_{number}", status=status, amount_minor=amount_minor, currency="usd"
    )


def page(client, row):
    url = reverse(f"admin:checkout_{row._meta.model_name}_change", args=[row.pk])
    return client.get(url).content.decode()


def test_order_shows_lines_payments_events_and_enrollments(staff, order):
    text = page(staff, order)

    for shown in (
        order.number, order.email, "$78", "Bread from Scratch", "Granted", "Unclaimed seat",
        "(suspended)", "Visa 4242", "evt_of_the_order", "done, delivered 1×", "re_1",
        "Refund of $10: refunded", f"du_{order.payments.get().pk}, fraudulent, answer until",
    ):  # fmt: skip
        assert shown in text, shown


def test_payment_shows_ledger_and_events(staff, order):
    text = page(staff, order.payments.get())

    assert f"ch_{order.payments.get().pk}" in text
    assert "evt_of_the_order" in text


def test_event_shows_what_was_said(staff, order):
    assert "&quot;what&quot;: &quot;was said&quot;" in page(staff, WebhookEvent.objects.get())


@pytest.mark.parametrize("model", BOOKS)
def test_books_are_read_and_never_edited(staff, order, model):
    row = model.objects.first()
    name = model._meta.model_name

    assert staff.get(reverse(f"admin:checkout_{name}_changelist")).status_code == 200
    assert staff.get(reverse(f"admin:checkout_{name}_add")).status_code == 403
    change = reverse(f"admin:checkout_{name}_change", args=[row.pk])
    assert staff.post(change, {"status": "paid"}).status_code == 403
    delete = reverse(f"admin:checkout_{name}_delete", args=[row.pk])
    assert staff.post(delete, {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("orders", [1, 30])
def test_order_list_takes_as_many_queries_for_any_number(staff, orders, django_assert_num_queries):
    for _ in range(orders):
        create_order()

    # session, person, two counts, orders, first and last of the date hierarchy, and the books (5)
    with django_assert_num_queries(12):
        staff.get("/admin/checkout/order/")


@pytest.mark.parametrize("query", ["", "No", "nobody@example.com", "cs_test_"])
def test_orders_are_found(staff, order, query):
    assert staff.get("/admin/checkout/order/", {"q": query}).status_code == 200


@pytest.mark.parametrize("rows", [1, 30])
def test_order_page_takes_as_many_queries_for_any_story(staff, rows, django_assert_num_queries):
    order = create_order(seats=rows, courses=[create_course(price_minor=10_000)])
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    for number in range(rows):
        apply_refunds(payment.pk, [refund_snapshot(100, number)])
        dispute = dispute_of(payment, "won", dispute_id=f"du_{number}")
        apply_disputes(payment.pk, [dispute])
        WebhookEvent.objects.create(
            gateway="stripe",
            livemode=False,
            event_id=f"evt_{number}",
            type="refund.created",
            payload={},
            event_created_at=order.created_at,
            payment=payment,
        )

    page(staff, order)  # which learns what Django remembers of its tables

    # Session and person; the order twice, with its customer, lines, payments and fulfillment; what
    # can go back; and the story. Nothing for each row.
    with django_assert_num_queries(18):
        text = page(staff, order)

    assert text.count("Told: refund.created") == rows


@pytest.mark.parametrize("model", ["refund", "dispute"])
@pytest.mark.parametrize("rows", [1, 30])
def test_lists_of_returns_take_as_many_queries_for_any_number(
    staff, model, rows, django_assert_num_queries
):
    for number in range(rows):
        payment = create_payment()
        settle(payment.pk, snapshot_of(payment))
        apply_refunds(payment.pk, [refund_snapshot(100, number)])
        apply_disputes(payment.pk, [dispute_of(payment, "won")])

    # session, person, two counts, rows; the first and last date, or the reasons to filter by
    with django_assert_num_queries(7 if model == "refund" else 6):
        text = staff.get(f"/admin/checkout/{model}/").content.decode()

    assert text.count("/admin/checkout/order/") >= rows


def test_disputes_that_must_be_answered_first_are_on_top(staff):
    now = timezone.now()
    for status, days in [("won", 1), ("needs_response", 9), ("needs_response", 2)]:
        payment = create_payment()
        settle(payment.pk, snapshot_of(payment))
        due = now + timezone.timedelta(days=days)
        apply_disputes(payment.pk, [dispute_of(payment, status, evidence_due_at=due)])

    rows = staff.get("/admin/checkout/dispute/").context["cl"].result_list

    days = [(dispute.status, (dispute.evidence_due_at - now).days) for dispute in rows]
    assert days == [("needs_response", 2), ("needs_response", 9), ("won", 1)]


@pytest.mark.parametrize(
    ("is_sandbox", "livemode", "link"),
    [
        (True, False, None),
        (False, False, "https://dashboard.stripe.com/test/payments/pi_"),
        (False, True, "https://dashboard.stripe.com/payments/pi_"),
    ],
)
def test_payment_leads_to_the_gateways_dashboard(
    staff, order, settings, is_sandbox, livemode, link
):
    settings.SANDBOX = is_sandbox
    Payment.objects.update(livemode=livemode)

    pages = [page(staff, Refund.objects.get()), page(staff, order.payments.get())]

    assert [link in text if link else "dashboard.stripe" not in text for text in pages] == [
        True
    ] * 2


@pytest.mark.parametrize("where", ["/admin/", "/admin/checkout/order/"])
def test_books_are_one_number(staff, order, where):
    text = text_of(staff.get(where))

    assert "Received, less what the orders say: <strong>$0.00</strong>" in text
    assert "books-even" in text


@pytest.mark.parametrize("where", ["/admin/", "/admin/checkout/order/"])
def test_books_that_do_not_come_out_say_why(staff, where):
    held = create_payment()
    settle(held.pk, snapshot_of(held, amount_minor=1500))

    text = text_of(staff.get(where))

    assert "Received, less what the orders say: <strong>$15.00</strong>" in text
    assert f"<li>{held}: $15 too much, because the order is held</li>" in text


def test_books_are_not_for_staff_who_may_not_see_orders(order):
    clerk = create_learner()
    clerk.is_staff = True
    clerk.save()
    add_app(clerk)
    client = Client()
    client.force_login(clerk)

    assert "Received, less" not in text_of(client.get("/admin/"))


def test_books_are_not_compared_on_other_pages(staff, order):
    for where in ("/admin/checkout/", "/admin/checkout/payment/", "/admin/library/enrollment/"):
        assert "Received, less" not in text_of(staff.get(where)), where


@pytest.fixture
def waiting(memory_gateway):
    """A payment that was paid at the gateway, of which nobody told the shop."""
    payment = create_payment()
    memory_gateway.states[payment.session_id] = SessionState.PAID
    memory_gateway.refunds_of = memory_gateway.disputes_of = lambda payment: []
    return payment


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("model", ["order", "payment"])
def test_check_asks_the_gateway_once_in_a_while(staff, waiting, memory_gateway, model):
    row = waiting.order if model == "order" else waiting
    url = f"/admin/checkout/{model}/{row.pk}/check/"
    assert f'action="{url}"' in page(staff, row)

    first, second = (staff.post(url, follow=True) for _ in range(2))

    assert Order.objects.get().status == "paid"
    assert memory_gateway.asked[waiting.session_id] == 1
    assert messages_of(first) == [f"{waiting}: the gateway had news, and the books have it now."]
    assert messages_of(second) == [
        f"{waiting}: it was asked about just now. Try again in a few seconds."
    ]
    assert staff.get(url).status_code == 405


def test_check_that_gets_no_answer_says_so(staff, waiting, memory_gateway):
    memory_gateway.trouble[waiting.session_id] = GatewayError("It is down.")

    response = staff.post(f"/admin/checkout/order/{waiting.order_id}/check/", follow=True)

    assert messages_of(response) == [f"{waiting}: the gateway could not be asked. It is down."]
    assert Order.objects.get().status == "pending"
