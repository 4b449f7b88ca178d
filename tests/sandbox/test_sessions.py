import time
from datetime import timedelta

import pytest
import stripe
from django.utils import timezone

from checkout.sandbox.models import CheckoutSession, Event
from tests.sandbox.asking import create_session, line, pay, session_params

pytestmark = pytest.mark.django_db(transaction=True)


def test_create_answers_with_an_open_session(stripe_client, shop):
    params = session_params(
        line_items=[line(amount=4900, name="Typography"), line(amount=1000, quantity=3)],
        customer_email="ada@example.com",
        expires_at=int(time.time()) + 3600,
        submit_type="pay",
        locale="en-GB",
        allowed_payment_method_types=["card"],
        adaptive_pricing={"enabled": False},
    )

    session = stripe_client.v1.checkout.sessions.create(params)

    assert session.id.startswith("cs_test_")
    assert len(session.id) == 66
    assert session.status == "open"
    assert session.payment_status == "unpaid"
    assert session.payment_intent is None
    assert session.amount_total == session.amount_subtotal == 7900
    assert session.currency == "usd"
    assert session.url == f"{shop.url}/sandbox/pay/{session.id}/"
    assert session.success_url == params["success_url"]
    assert session.cancel_url == params["cancel_url"]
    assert session.expires_at == params["expires_at"]
    assert session.customer_email == session.customer_details.email == "ada@example.com"
    assert session.client_reference_id == "order-1"
    assert session.metadata.to_dict() == {"order": "1", "payment": "7"}
    assert session.livemode is False
    assert "line_items" not in session
    assert shop.received == []


def test_create_without_expires_at_lives_a_day(stripe_client):
    session = stripe_client.v1.checkout.sessions.create(session_params())

    assert session.expires_at - session.created in (86399, 86400, 86401)


def test_retrieve_expands_lines_with_their_products(stripe_client):
    params = session_params(line_items=[line(metadata={"line": "11"}), line(name="Second")])
    created = stripe_client.v1.checkout.sessions.create(params)

    session = stripe_client.v1.checkout.sessions.retrieve(
        created.id,
        {"expand": ["line_items", "line_items.data.price.product", "customer", "payment_intent"]},
    )

    first, second = session.line_items.data
    assert first.id.startswith("li_")
    assert first.amount_total == 4900
    assert first.metadata.to_dict() == {"line": "11"}
    assert first.price.unit_amount == 4900
    assert first.price.product.object == "product"
    assert first.price.product.name == first.description == "Typography"
    assert second.price.product.name == "Second"
    assert session.customer is None
    assert session.payment_intent is None


def test_retrieve_names_products_by_id_unless_asked(stripe_client):
    created = stripe_client.v1.checkout.sessions.create(session_params())

    session = stripe_client.v1.checkout.sessions.retrieve(created.id, {"expand": ["line_items"]})

    assert session.line_items.data[0].price.product.startswith("prod_")


def test_retrieve_expands_the_payment_down_to_its_charge(stripe_client):
    created = create_session()
    pay(created)

    session = stripe_client.v1.checkout.sessions.retrieve(
        created.pk, {"expand": ["payment_intent.latest_charge.payment_intent"]}
    )

    intent = session.payment_intent
    assert intent.status == "succeeded"
    assert intent.latest_charge.payment_intent.id == intent.id
    assert intent.latest_charge.payment_method_details.card.last4 == "4242"


@pytest.mark.parametrize("path", ["nonsense", "currency", "line_items.data.nonsense", "a.b.c.d.e"])
def test_retrieve_refuses_what_cannot_be_expanded(stripe_client, path):
    created = create_session()

    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.checkout.sessions.retrieve(created.pk, {"expand": [path]})

    assert caught.value.param == "expand"


def test_retrieve_knows_no_other_ids(stripe_client):
    for retrieve, kind in [
        (stripe_client.v1.checkout.sessions.retrieve, "checkout.session"),
        (stripe_client.v1.payment_intents.retrieve, "payment_intent"),
        (stripe_client.v1.charges.retrieve, "charge"),
        (stripe_client.v1.events.retrieve, "event"),
    ]:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            retrieve("xx_1")
        assert caught.value.http_status == 404
        assert caught.value.code == "resource_missing"
        assert caught.value.user_message == f"No such {kind}: 'xx_1'"


def test_retrieve_shows_an_overdue_session_as_expired(stripe_client):
    session = create_session()
    CheckoutSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    answer = stripe_client.v1.checkout.sessions.retrieve(session.pk)

    assert answer.status == "expired"
    assert answer.url is None
    assert [event.type for event in Event.objects.all()] == ["checkout.session.expired"]


def test_line_items_come_ten_at_a_time(stripe_client):
    names = [f"Course {number}" for number in range(23)]
    params = session_params(line_items=[line(name=name) for name in names])
    session = stripe_client.v1.checkout.sessions.create(params)

    first_page = stripe_client.v1.checkout.sessions.line_items.list(session.id)
    everything = list(first_page.auto_paging_iter())
    expanded = stripe_client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["line_items"]}
    ).line_items

    assert [item.description for item in first_page.data] == names[:10]
    assert first_page.has_more is True
    assert [item.description for item in everything] == names
    assert [item.description for item in expanded.data] == names[:10]
    assert expanded.has_more is True


def test_expire_ends_an_open_session_and_tells_the_shop(stripe_client):
    session = create_session()

    answer = stripe_client.v1.checkout.sessions.expire(
        session.pk, options={"idempotency_key": "expire-1"}
    )

    assert answer.status == "expired"
    assert answer.payment_status == "unpaid"
    assert answer.url is None
    event = Event.objects.get()
    assert event.type == "checkout.session.expired"
    assert event.data_object["status"] == "expired"
    assert event.idempotency_key == "expire-1"
    assert event.request_id.startswith("req_")


def test_expire_refuses_a_session_that_is_not_open(stripe_client):
    expired, paid = create_session(), create_session()
    stripe_client.v1.checkout.sessions.expire(expired.pk)
    pay(paid)
    events = Event.objects.count()

    for session, status in [(expired, "expired"), (paid, "complete")]:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            stripe_client.v1.checkout.sessions.expire(session.pk)
        assert caught.value.http_status == 400
        assert caught.value.user_message == (
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{status}`."
        )
    paid.refresh_from_db()
    assert paid.payment_status == "paid"
    assert Event.objects.count() == events


def test_update_merges_metadata(stripe_client):
    session = create_session(metadata={"order": "1", "payment": "7"})

    answer = stripe_client.v1.checkout.sessions.update(
        session.pk, {"metadata": {"payment": "", "note": "gift"}}
    )

    assert answer.metadata.to_dict() == {"order": "1", "note": "gift"}
    emptied = stripe_client.v1.checkout.sessions.update(session.pk, {"metadata": ""})
    assert emptied.metadata.to_dict() == {}


def test_update_refuses_what_the_sandbox_cannot_change(stripe_client):
    session = create_session()

    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.checkout.sessions.update(
            session.pk, {"metadata": {"order": "2"}, "line_items": [{"quantity": 2}]}
        )

    assert caught.value.code == "sandbox_not_imitated"
    session.refresh_from_db()
    assert session.metadata["order"] == "1"


def test_list_pages_through_sessions_newest_first(stripe_client):
    made = [create_session().pk for _ in range(5)]

    page = stripe_client.v1.checkout.sessions.list({"limit": 2})

    assert [session.id for session in page.data] == made[:2:-1]
    assert page.has_more is True
    assert [session.id for session in page.auto_paging_iter()] == made[::-1]
    newer = stripe_client.v1.checkout.sessions.list({"ending_before": made[2], "limit": 1})
    assert [session.id for session in newer.data] == [made[3]]


def test_list_finds_by_status_payment_buyer_and_time(stripe_client):
    open_one, paid_one = create_session(), create_session(customer_email="grace@example.com")
    pay(paid_one, email="grace@example.com")
    paid_one.refresh_from_db()
    now = int(time.time())

    def found(**params):
        sessions = stripe_client.v1.checkout.sessions.list(params)
        return {session.id for session in sessions.data}

    both = {open_one.pk, paid_one.pk}
    assert found(status="open") == {open_one.pk}
    assert found(status="complete") == {paid_one.pk}
    assert found(payment_intent=paid_one.payment_intent_id) == {paid_one.pk}
    assert found(customer_details={"email": "grace@example.com"}) == {paid_one.pk}
    assert found(created={"gte": now - 60, "lte": now + 60}) == both
    assert found(created={"gt": now + 60}) == set()
    assert found(created={"lt": now - 60}) == set()
    created = int(open_one.created_at.timestamp())
    assert open_one.pk in found(created=created)
    assert open_one.pk in found(created={"lte": created})
    assert open_one.pk not in found(created={"gt": created})


def test_list_expands_what_is_in_its_sessions(stripe_client):
    pay(create_session())

    page = stripe_client.v1.checkout.sessions.list(
        {"expand": ["data.payment_intent", "data.line_items"]}
    )

    [session] = page.data
    assert session.payment_intent.status == "succeeded"
    assert [item.description for item in session.line_items.data] == ["Typography"]


@pytest.mark.parametrize("limit", [0, 101])
def test_list_refuses_impossible_limits(stripe_client, limit):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe_client.v1.checkout.sessions.list({"limit": limit})

    assert caught.value.param == "limit"


def test_events_are_listed_and_retrieved(stripe_client):
    pay(create_session())

    kinds = {event.type for event in stripe_client.v1.events.list().data}
    completed = stripe_client.v1.events.list({"types": ["checkout.session.completed"]}).data
    undelivered = stripe_client.v1.events.list({"delivery_success": False}).data

    assert kinds == {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    }
    assert [event.data.object.object for event in completed] == ["checkout.session"]
    assert len(undelivered) == 4
    assert stripe_client.v1.events.list({"delivery_success": True}).data == []
    assert stripe_client.v1.events.retrieve(completed[0].id).id == completed[0].id
