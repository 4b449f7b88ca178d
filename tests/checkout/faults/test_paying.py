"""Faults 31 to 43: what customers, cards and banks do at the gateway's page."""

from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as site
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from checkout.gateways.stripe_money import from_stripe, to_stripe
from checkout.models import LedgerEntry, Order, Payment, WebhookEvent
from checkout.sandbox import debits, faults, jobs, webhooks
from checkout.sandbox.models import CheckoutSession, SaleFault
from project.models import OutboundMail
from tests.accounts.letters import as_sent
from tests.checkout.faults.acting_starting import (
    BREAD,
    another_attempt,
    books,
    bought,
    only,
    pay_by_bank,
    post_at,
    refused_by,
    send_refunds,
    sweep,
    tell_the_shop,
    text_at,
    waiting,
)
from tests.checkout.paying import DECLINED, pay_at
from tests.checkout.test_start import check_out
from tests.factories import create_course
from tests.sandbox.asking import CHALLENGED_CARD, listen_to_everything

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pay_url(gateway, shopper, course):
    """Where the shopper's order can be paid."""
    shopper.wants(course)
    return check_out(shopper)["Location"]


def page_of_order(shopper):
    return text_at(shopper.client, Order.objects.get().get_absolute_url())


def test_fault_31_declined_card_is_noted_and_another_one_pays(pay_url):
    """The order waits on, in the same session, until a card is good."""
    listen_to_everything()

    assert pay_at(pay_url, card=DECLINED).status_code == 402
    tell_the_shop()
    noted = WebhookEvent.objects.get(type="payment_intent.payment_failed")
    assert (noted.state, books()) == ("ignored", waiting())

    pay_at(pay_url)
    assert books() == bought()


def test_fault_32_authentication_that_fails_leaves_the_session_open(pay_url):
    """Failed, or left: nothing is paid, and the session waits until its time is over."""
    challenge = pay_at(pay_url, card=CHALLENGED_CARD).headers["Location"]
    failed = post_at(pay_url.partition("/sandbox/")[0] + challenge, {"answer": "fail"})
    assert (failed.status_code, books()) == (402, waiting())

    pay_at(pay_url, card=CHALLENGED_CARD)  # and away
    tell_the_shop()
    assert books() == waiting()

    CheckoutSession.objects.update(expires_at=timezone.now())
    jobs.expire_overdue_sessions()
    tell_the_shop()
    assert books() == only(
        orders=["expired"], payments=["expired"], sessions=["expired"], cart=[BREAD]
    )


def test_fault_33_coming_back_without_paying_cancels_nothing(shopper, pay_url):
    """The cart is as it was, the way to pay is the same, and another tab may still pay."""
    cancel_url = CheckoutSession.objects.get().parameters["cancel_url"]

    page = text_at(shopper.client, cancel_url)

    assert "You came back without paying. Nothing was charged" in page
    assert BREAD in page
    assert f'<a href="{pay_url}">Go on to the payment page</a>' in page_of_order(shopper)
    assert check_out(shopper)["Location"] == pay_url
    assert books() == waiting()
    pay_at(pay_url)
    assert books() == bought()


def test_fault_34_going_back_after_paying_leads_to_the_order(gateway, shopper, course):
    """No page with the button is kept, or it is read anew; pressed again, it shows the order."""
    shopper.wants(course)
    token = uuid4()
    page_with_button = shopper.client.get("/cart/")
    pay_at(check_out(shopper, token=token)["Location"])
    order = Order.objects.get()
    page = shopper.client.get(order.get_absolute_url())

    again = check_out(shopper, token=token)
    retried = shopper.client.post(f"{order.get_absolute_url()}payment/")

    assert [answer["Location"] for answer in (again, retried)] == [order.get_absolute_url()] * 2
    assert books() == bought()
    kept = ["no-store" in answer["Cache-Control"] for answer in (page_with_button, page)]
    assert kept == [True, True]
    script = Path(site.BASE_DIR / "static/js/app.js").read_text()
    assert 'on("pageshow", (event) => event.persisted && location.reload())' in script


def test_fault_35_browser_closed_after_paying_loses_nothing(course, pay_url):
    """The webhook opens the course, and the mail leads there."""
    pay_at(pay_url)  # the redirect is not followed

    assert books() == bought()
    letter = as_sent(OutboundMail.objects.get()).text
    links = (f"/library/{course.slug}/", Order.objects.get().get_absolute_url())
    assert [f"{site.SITE_URL}{link}" in letter for link in links] == [True, True]


def test_fault_36_second_paid_session_is_given_back(shopper, pay_url):
    """One of them buys the order; the other's money is booked, refunded whole, and told."""
    Payment.objects.update(status="expired")  # as the shop believed
    second_url = check_out(shopper)["Location"]
    webhooks.switch(is_holding=True)
    pay_at(pay_url)
    pay_at(second_url)

    webhooks.release()
    send_refunds()

    assert books() == bought(
        payments=["paid", "paid"],
        sessions=["complete", "complete"],
        ledger=[3900, 3900, -3900],
        letters=["receipt", "refunded", "surplus"],
    )
    money = list(
        Payment.objects.order_by("pk").values_list(
            "settles_order", "received_minor", "refund_reserved_minor"
        )
    )
    assert money == [(True, 3900, 0), (False, 3900, 3900)]
    refused_by("one_settling_payment_per_order", lambda: Payment.objects.update(settles_order=True))


@pytest.mark.parametrize("by", [webhooks.release, partial(sweep, hours=1)])
def test_fault_37_money_wins_over_our_clock(pay_url, by):
    """Closed here, and paid there at the same moment: the gateway decides."""
    webhooks.switch(is_holding=True)
    pay_at(pay_url)
    Payment.objects.get().expire()
    Order.objects.get().expire()
    assert books() == waiting(orders=["expired"], payments=["expired"], sessions=["complete"])

    by()

    assert books() == bought()


@pytest.mark.parametrize(
    ("fault", "received"),
    [(SaleFault.ANOTHER_AMOUNT, (3901, "usd")), (SaleFault.ANOTHER_CURRENCY, (3900, "eur"))],
)
def test_fault_38_other_money_than_asked_holds_the_order(shopper, pay_url, fault, received):
    """The money is booked, nothing is opened, and staff decide. Tax is never added elsewhere."""
    faults.switch_on_payment(fault)

    pay_at(pay_url)

    assert books() == only(
        orders=["amount_mismatch"],
        payments=["paid"],
        sessions=["complete"],
        ledger=[received[0]],
        letters=["mismatch"],
    )
    assert LedgerEntry.objects.values_list("amount_minor", "currency").get() == received
    assert Payment.objects.get().settles_order is False
    page = page_of_order(shopper)
    assert "We are looking at your payment" in page
    assert "Start lesson 1" not in page
    assert "automatic_tax" not in Payment.objects.get().request


def confirming(**changes):
    """Return the books while a bank confirms."""
    return (
        only(
            orders=["processing"],
            payments=["processing"],
            sessions=["complete"],
            letters=["waiting"],
        )
        | changes
    )


def test_fault_39_slow_bank_is_waited_for(shopper, course, pay_url):
    """The order is in and the cart is empty, but nothing opens before the money is there."""
    pay_by_bank(pay_url)

    assert books() == confirming()
    page = page_of_order(shopper)
    assert "Your bank is confirming" in page
    assert "and that takes a few days." in page
    assert shopper.client.get(f"/library/{course.slug}/").status_code == 303


@pytest.mark.parametrize("by", [tell_the_shop, partial(sweep, days=4)])
def test_fault_40_bank_that_pays_after_days_opens_the_course(shopper, pay_url, by):
    """Although the order's own time, and the session's, were over by then."""
    pay_by_bank(pay_url)
    yesterday = timezone.now() - timezone.timedelta(days=1)
    Order.objects.update(expires_at=yesterday)
    Payment.objects.update(expires_at=yesterday)
    sweep(days=3)
    assert books() == confirming()
    Payment.objects.update(last_checked_at=yesterday)

    debits.succeed(Payment.objects.get().session_id)
    by()

    assert books() == bought(letters=["receipt", "waiting"])
    assert "Start lesson 1" in page_of_order(shopper)


def test_fault_41_bank_that_refuses_after_days_leaves_another_try(shopper, pay_url):
    """A letter leads to the order, which can be paid in another way for a week."""
    pay_by_bank(pay_url)
    Order.objects.update(expires_at=timezone.now() - timezone.timedelta(days=1))

    debits.fail(Payment.objects.get().session_id)
    tell_the_shop()

    failed = confirming(orders=["pending"], payments=["failed"], letters=["failed", "waiting"])
    assert books() == failed
    order, letter = Order.objects.get(), OutboundMail.objects.get(key__startswith="failed:")
    assert (letter.to, order.get_absolute_url() in letter.text) == (order.email, True)
    sweep(days=6)
    assert books() == failed
    assert "The payment did not go through" in page_of_order(shopper)
    retry = shopper.client.post(f"{order.get_absolute_url()}payment/")
    pay_at(retry["Location"])
    assert books() == bought(
        payments=["failed", "paid"],
        sessions=["complete", "complete"],
        letters=["failed", "receipt", "waiting"],
    )


def test_fault_42_order_is_not_paid_again_while_a_bank_confirms(shopper, pay_url):
    """Its page and its button say how it stands; no second session is made."""
    pay_by_bank(pay_url)
    order = Order.objects.get()

    retry = shopper.client.post(f"{order.get_absolute_url()}payment/")

    assert retry["Location"] == order.get_absolute_url()
    assert "Your bank is confirming" in page_of_order(shopper)
    assert check_out(shopper)["Location"] == "/cart/"
    assert "Your cart is empty." in text_at(shopper.client, "/cart/")
    assert books() == confirming()
    refused_by("one_live_payment_per_order", partial(another_attempt, order))


@pytest.mark.parametrize(
    ("currency", "price", "sent", "shown"),
    [
        ("jpy", 1500, 1500, "¥1,500"),
        ("isk", 1500, 150_000, "ISK 1,500"),
        ("idr", 15_000_000, 15_000_000, "IDR 150,000"),
    ],
)
def test_fault_43_odd_currencies_are_charged_exactly(
    gateway, shopper, settings, currency, price, sent, shown
):
    """The gateway is sent the price, and what comes back equals it; so does any other amount."""
    settings.SHOP_CURRENCY = currency
    shopper.wants(create_course(price_minor=price, currency=currency))

    pay_at(check_out(shopper)["Location"])

    assert books() == bought(ledger=[price])
    session = CheckoutSession.objects.get()
    assert (session.amount_total, session.currency) == (sent, currency)
    assert shown in page_of_order(shopper)

    @given(amount=st.integers(0, 10**10))
    def survives(amount):
        assert from_stripe(to_stripe(amount, currency), currency) == amount

    survives()
