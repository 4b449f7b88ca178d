"""What grows is cleared: what nobody needs any longer, in batches, found by an index; no more."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from checkout.jobs import DAYS_OF_CARTS, DAYS_OF_EVENTS, empty_events, forget_carts
from checkout.models import Cart, CartItem, Order, OrderStatus, WebhookEvent
from project import clearing
from project.accounts import jobs as accounts
from project.accounts.models import KnownBrowser
from project.mail import KEPT, forget_letters
from project.models import OutboundMail
from tests.checkout.shop import create_order
from tests.factories import create_course, create_learner

pytestmark = pytest.mark.django_db

NOW = timezone.now()
OLD = timedelta(days=DAYS_OF_CARTS, hours=1)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(clearing, "BATCH", 2)


def create_cart(*, age=OLD, **fields):
    cart = Cart.objects.create(**fields)
    CartItem.objects.create(cart=cart, course=create_course(), price_minor=1)
    Cart.objects.filter(pk=cart.pk).update(updated_at=NOW - age)
    return cart


def test_carts_that_nobody_can_come_back_to_are_deleted():
    owner = create_learner()
    for _ in range(5):
        create_cart()
    create_cart(owner=create_learner(), merged_at=NOW)
    kept = {create_cart(age=timedelta(days=1)).pk, create_cart(owner=owner).pk}
    order = create_order()
    Cart.objects.update(updated_at=NOW - OLD)
    Cart.objects.filter(pk__in=kept).exclude(owner=owner).update(updated_at=NOW)
    Cart.objects.filter(pk=order.cart_id).update(owner=None)

    forget_carts()

    assert set(Cart.objects.values_list("pk", flat=True)) == {*kept, order.cart_id}
    Order.objects.update(status=OrderStatus.EXPIRED)

    forget_carts()

    assert set(Cart.objects.values_list("pk", flat=True)) == kept
    order.refresh_from_db()
    assert (order.cart_id, order.lines.count()) == (None, 1)


def create_event(number, state="done", age=timedelta(days=DAYS_OF_EVENTS, hours=1)):
    return WebhookEvent.objects.create(
        gateway="stripe",
        livemode=False,
        event_id=f"evt_{number}",
        type="checkout.session.completed",
        payload={"customer": "ada@example.com"},
        event_created_at=NOW - age,
        processed_at=NOW - age,
        state=state,
    )


def test_events_are_emptied_once_they_were_acted_on_long_ago():
    old = [create_event(number, state) for number, state in enumerate(["done", "ignored"] * 3)]
    for number, state in enumerate(["received", "failed", "dead"]):
        create_event(f"open_{number}", state)
    create_event("fresh", age=timedelta(days=1))

    empty_events()

    emptied = WebhookEvent.objects.exclude(emptied_at=None)
    assert set(emptied.values_list("pk", flat=True)) == {event.pk for event in old}
    assert {str(event.payload) for event in emptied} == {"{}"}
    assert WebhookEvent.objects.filter(payload={"customer": "ada@example.com"}).count() == 4


def create_letter(key=None, *, sent=None, age=timedelta()):
    text = "" if sent else "Hello."
    letter = OutboundMail.objects.create(key=key, to="a@b.example", text=text, sent_at=sent)
    OutboundMail.objects.filter(pk=letter.pk).update(created_at=NOW - age)
    return letter.pk


def test_letters_are_forgotten_after_a_month_unless_their_key_keeps_a_second_from_being_written():
    long_ago = NOW - KEPT - timedelta(hours=1)
    for _ in range(5):
        create_letter(sent=long_ago)
    create_letter("never sent", age=KEPT + timedelta(hours=1))
    unwritten = OutboundMail.objects.create(to="a@b.example", letter="receipt", about_id=1)
    OutboundMail.objects.filter(pk=unwritten.pk).update(created_at=long_ago)
    kept = {
        create_letter("receipt:1", sent=long_ago),
        create_letter(sent=NOW),
        create_letter("waits", age=timedelta(days=1)),
    }

    forget_letters()

    assert set(OutboundMail.objects.values_list("pk", flat=True)) == kept


def test_sessions_that_are_over_go_with_their_entries_in_the_lists_of_browsers(monkeypatch):
    monkeypatch.setattr(accounts, "BATCH", 2)
    learner = create_learner()
    for number in range(6):
        ends = NOW + timedelta(hours=1 if number == 5 else -1)
        Session.objects.create(session_key=f"key{number}", session_data="", expire_date=ends)
        UserSession.objects.create(
            user=learner, session_key=f"key{number}", ip="127.0.0.1", user_agent="x"
        )

    accounts.forget_sessions()

    assert [session.session_key for session in Session.objects.all()] == ["key5"]
    assert [session.session_key for session in UserSession.objects.all()] == ["key5"]


def test_browsers_are_forgotten_when_their_cookie_is_gone():
    learner = create_learner()
    for days in (1, accounts.DAYS_KNOWN - 1, accounts.DAYS_KNOWN + 1):
        KnownBrowser.objects.create(
            user=learner, digest=str(days), last_seen_at=NOW - timedelta(days=days)
        )

    accounts.forget_browsers()

    assert KnownBrowser.objects.count() == 2


@pytest.mark.parametrize(
    ("index", "rows"),
    [
        ("cart_forsaken", Cart.objects.forsaken(since=NOW)),
        ("webhook_event_to_be_emptied", WebhookEvent.objects.to_be_emptied(since=NOW)),
        ("outbound_mail_keyless", OutboundMail.objects.filter(key=None, sent_at__lt=NOW)),
        ("outbound_mail_unsent", OutboundMail.objects.filter(sent_at=None, created_at__lt=NOW)),
        ("known_browser_last_seen", KnownBrowser.objects.unseen(since=NOW)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_cleared_is_found_by_an_index(index, rows):
    with connection.cursor() as cursor:
        # The tables are all but empty, and so are all of their indexes: to read more than is
        # wanted has to look dear.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL random_page_cost = 4")
        assert index in rows.values_list("pk", flat=True)[:500].explain()
