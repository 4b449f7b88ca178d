"""What staff see of the money: everything, and nothing that they could change by hand."""

import pytest
from django.test import Client
from django.urls import reverse

from checkout.models import Cart, LedgerEntry, Order, Payment, WebhookEvent
from checkout.settlement import settle
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import create_course, create_staff

pytestmark = pytest.mark.django_db

BOOKS = [Order, Payment, LedgerEntry, WebhookEvent, Cart]


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
    event = WebhookEvent.objects.receive(
        gateway="stripe",
        livemode=False,
        event_id="evt_of_the_order",
        type="checkout.session.completed",
        payload={"what": "was said"},
        event_created_at=order.created_at,
    )
    event.payment = payment
    event.finish()
    return order


def page(client, row):
    url = reverse(f"admin:checkout_{row._meta.model_name}_change", args=[row.pk])
    return client.get(url).content.decode()


def test_order_shows_lines_payments_events_and_enrollments(staff, order):
    text = page(staff, order)

    for shown in (
        order.number, order.email, "$78", "Bread from Scratch", "Granted", "Unclaimed seat",
        "(active)", "(unclaimed)", "Visa 4242", "evt_of_the_order", "done, delivered 1×",
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

    # session, person, two counts, orders, and the first and last of the date hierarchy
    with django_assert_num_queries(7):
        staff.get("/admin/checkout/order/")


@pytest.mark.parametrize("query", ["", "No", "nobody@example.com", "cs_test_"])
def test_orders_are_found(staff, order, query):
    assert staff.get("/admin/checkout/order/", {"q": query}).status_code == 200
