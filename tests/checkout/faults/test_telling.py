"""Faults 47 to 70: what the gateway tells us comes early, late, twice, forged, or not at all."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from checkout import forgeries
from checkout.forgeries import ALARM, LIMIT
from checkout.models import Fulfillment, LedgerEntry, Payment, WebhookEvent
from checkout.sandbox import debits, deliveries, faults, sessions, webhooks
from checkout.sandbox.events import NOBODY, emit
from checkout.sandbox.models import (
    CheckoutSession,
    Delivery,
    Event,
    Fault,
    Signature,
    WebhookEndpoint,
)
from checkout.sandbox.objects import session_object
from checkout.sandbox.objects.event import event_object
from checkout.sandbox.webhooks import Order as InOrder
from project.models import OutboundMail
from tests.checkout.conftest import create_shopper
from tests.checkout.faults.acting_telling import (
    BOUGHT,
    COMPLETED,
    FRAUD_CARD,
    UNPAID,
    Books,
    act,
    answers,
    books,
    buy,
    count_calls,
    debit,
    deliver_and_close,
    found,
    inbox,
    letter,
    order_of,
    order_page,
    release_held,
    resend,
    sandbox_page,
    sweep,
    tell,
    tell_again,
    wait_for,
)
from tests.checkout.paying import pay_at
from tests.checkout.test_start import check_out
from tests.checkout.test_webhooks import GARBAGE, URL, sign
from tests.factories import create_course

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "whsec_of_the_tests"
RETRIEVE = "checkout.sessions.retrieve"
REFUNDED = (("charge", 3900), ("refund", -3900))


@pytest.fixture(autouse=True)
def secret(gateway, settings):
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]


@pytest.fixture
def unheard(shopper, course):
    """A payment that was made while webhooks were held back, so that the shop knows nothing."""
    webhooks.switch(is_holding=True)
    payment = buy(shopper, course)
    webhooks.switch(is_holding=False)
    assert books() == UNPAID
    return payment


def send(body, header):
    """Send what may be anything; the answer is a page, even where the shop breaks."""
    headers = {} if header is None else {"Stripe-Signature": header}
    client = Client(raise_request_exception=False)
    return client.post(URL, body, content_type="application/json", headers=headers).status_code


def completed():
    """Return the body that tells of the session, as the sandbox sends it."""
    return json.dumps(event_object(Event.objects.get(type=COMPLETED))).encode()


def refusing(*words):
    """Return a database that goes away at the first statement that begins with one of these."""
    is_gone = False

    def refuse(execute, sql, params, many, context):
        nonlocal is_gone
        is_gone = is_gone or sql.lstrip().startswith(words)
        if is_gone:
            raise OperationalError("the database is away")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(refuse)


def test_fault_47_webhook_comes_before_the_call_that_opens_the_session_returns(shopper, course):
    """The event finds its payment by our own key, and the shopper is shown what is bought."""
    shopper.wants(course)
    faults.switch_on("checkout.sessions.create", Fault.SLOW, times=1, seconds=1.5)

    def press():
        try:
            return check_out(shopper)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pressed = pool.submit(press)
        session = wait_for(CheckoutSession.objects.first)
        assert Payment.objects.get().session_id is None
        pay_at(sandbox_page(session))
        assert (inbox(), pressed.done()) == ([(COMPLETED, "done", 1)], False)

    payment = Payment.objects.get()
    assert payment.session_id == session.pk
    assert pressed.result()["Location"] == payment.order.get_absolute_url()
    assert books() == BOUGHT


def test_fault_48_same_event_comes_four_times_at_once(shopper, course):
    """One row counts four deliveries of one purchase; the database refuses a second row."""
    webhooks.switch(is_holding=True, copies=4)
    buy(shopper, course)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver_and_close, release_held()))

    assert answers() == [200] * 4
    assert inbox() == [(COMPLETED, "done", 4)]
    assert books() == BOUGHT
    with pytest.raises(IntegrityError, match="webhook_event_once"), transaction.atomic():
        anew(WebhookEvent.objects.get()).save(force_insert=True)


def anew(row):
    """Return the row as one that is not in the database."""
    row.pk = None
    return row


def test_fault_49_two_events_tell_of_one_change(shopper, course):
    """Both are acted on, and one purchase is made; the database refuses a second one by name."""
    webhooks.switch(is_telling_twice=True)
    payment = buy(shopper, course)

    tell()

    assert inbox() == [(COMPLETED, "done", 1)] * 2
    assert WebhookEvent.objects.values("event_id").distinct().count() == 2
    assert books() == BOUGHT
    twice = {
        "checkout_fulfillment_pkey": Fulfillment(order=payment.order, payment=payment),
        "ledger_entry_once": anew(LedgerEntry.objects.get()),
    }
    for name, row in twice.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            row.save(force_insert=True)


def test_fault_50_expired_and_failed_come_after_paid(shopper, course):
    """Whether they are of an earlier attempt or of the very session: paid stays paid."""
    order_of(shopper, course)
    webhooks.switch(is_holding=True)
    sessions.expire(Payment.objects.get().session_id, cause=NOBODY)
    second = buy(shopper)
    paid = CheckoutSession.objects.get(pk=second.session_id)
    emit("checkout.session.async_payment_failed", session_object(paid))
    emit("checkout.session.expired", session_object(paid))
    webhooks.switch(is_holding=False)
    webhooks.release(InOrder.WRITTEN)
    bought = books()

    for kind in ("checkout.session.expired", "checkout.session.async_payment_failed"):
        resend(kind)

    assert bought == books() == Books(orders=("expired", "paid"), payments=("expired", "paid"),
                                      seats=(None, "active"))  # fmt: skip
    assert {state for _, state, _ in inbox()} == {"done"}


def test_fault_51_success_of_a_slow_bank_comes_before_completed(shopper, course):
    """The first event settles the order, and the other one changes nothing."""
    webhooks.switch(is_holding=True)
    debit(order_of(shopper, course))
    debits.succeed(CheckoutSession.objects.get().pk)
    webhooks.switch(is_holding=False)

    webhooks.release(InOrder.REVERSED)

    succeeded = "checkout.session.async_payment_succeeded"
    assert inbox() == [(succeeded, "done", 1), (COMPLETED, "done", 1)]
    assert books() == BOUGHT
    assert Payment.objects.get().processing_at is None


def test_fault_52_dispute_comes_before_its_payment_is_known(shopper, course):
    """The intent's session says whose it is; while it cannot be asked, the event is kept."""
    webhooks.switch(is_holding=True)
    assert buy(shopper, course, card=FRAUD_CARD).intent_id is None
    webhooks.switch(is_holding=False)
    faults.switch_on("checkout.sessions.list", Fault.ERROR_500_BEFORE, times=1)

    webhooks.release(InOrder.WRITTEN)
    created, withdrawn = "charge.dispute.created", "charge.dispute.funds_withdrawn"
    assert inbox() == [(created, "failed", 1), (withdrawn, "done", 1), (COMPLETED, "done", 1)]
    tell_again()

    assert inbox() == [(created, "done", 2), (withdrawn, "done", 1), (COMPLETED, "done", 1)]
    assert books() == Books(
        ledger=(("charge", 3900), ("dispute_withdrawn", -3900)),
        seats=("suspended",),
        letters=("receipt", "dispute"),
    )


def test_refund_comes_before_its_payment_is_known(shopper, course):
    """Fault 52: the payment is settled first, and then its refund."""
    webhooks.switch(is_holding=True)
    buy(shopper, course)
    act("refund")
    webhooks.switch(is_holding=False)

    webhooks.release(InOrder.REVERSED)

    assert inbox() == [("refund.created", "done", 1), (COMPLETED, "done", 1)]
    assert books() == Books(ledger=REFUNDED, seats=("revoked",), letters=("receipt", "refunded"))


def test_fault_53_signature_is_forged_missing_or_garbage(unheard):
    """Each is a 400 that writes nothing; staff hear of many, and a flood is turned away."""
    webhooks.switch(signature=Signature.CORRUPT)
    webhooks.release()
    webhooks.switch(signature=Signature.MISSING)
    assert resend() == [400]
    headers = [None, "", "t=now,v1=ab", "=,=,=", "t=1,v1=☃", sign(completed(), secret="whsec_x")]
    assert [send(completed(), header) for header in headers] == [400] * len(headers)
    assert answers() == [400, None, 400, None]

    answered = [send(completed(), "t=1,v1=00") for _ in range(LIMIT)]

    assert set(answered[: LIMIT - 8]) == {400}
    assert set(answered[LIMIT - 8 :]) == {429}
    assert (inbox(), books()) == ([], Books(**vars(UNPAID) | {"letters": ("forged",)}))
    assert f"{ALARM} came within an hour" in letter("forged").text
    webhooks.switch_off()
    assert resend() == [200]
    assert books() == Books(letters=("forged", "receipt"))


def test_fault_54_captured_delivery_is_sent_again_ten_minutes_later(unheard):
    """Its signature is right and its time is over: 400, and nothing is written."""
    webhooks.switch(timestamp_shift=-600)

    webhooks.release()

    assert answers()[0] == 400
    assert send(completed(), sign(completed(), timestamp=int(time.time()) - 301)) == 400
    assert (inbox(), books()) == ([], UNPAID)


def test_fault_55_timestamp_is_in_the_future(unheard):
    """It is signed all the same, and is acted on."""
    webhooks.switch(timestamp_shift=600)

    webhooks.release()

    assert (answers(), inbox()) == ([200], [(COMPLETED, "done", 1)])
    assert books() == BOUGHT


def test_fault_56_our_clock_is_ten_minutes_fast(shopper, course, monkeypatch):
    """Every webhook is a 400, and staff are told; page and clockwork settle all the same."""
    monkeypatch.setattr(forgeries, "ALARM", 3)
    webhooks.shift_clock(-600)
    buy(shopper, course)
    assert [resend(), resend()] == [[400], [400]]
    other = create_shopper()
    buy(other, create_course())
    assert inbox() == []
    assert "if this machine's clock is wrong, set it" in letter("forged").text

    order_page(shopper, order=shopper.user.orders.get())
    page = order_page(shopper, order=shopper.user.orders.get(), seconds_later=10)
    assert "Start lesson 1" in page
    assert [user.orders.get().status for user in (shopper.user, other.user)] == ["paid", "pending"]
    sweep()

    assert books() == Books(
        orders=("paid", "paid"),
        payments=("paid", "paid"),
        ledger=(("charge", 3900), ("charge", 3900)),
        seats=("active", "active"),
        letters=("forged", "receipt", "receipt"),
    )


def test_fault_57_event_is_signed_and_of_the_other_mode(unheard):
    """200, kept as ignored, staff are told once, and the order is not touched."""
    webhooks.switch(is_livemode_wrong=True)

    webhooks.release()
    resend()

    assert answers() == [200, 200]
    assert inbox() == [(COMPLETED, "ignored", 2)]
    assert books() == Books(**vars(UNPAID) | {"letters": ("mode",)})
    event = WebhookEvent.objects.get()
    assert (event.livemode, event.payment) == (True, None)
    assert "live mode" in letter("mode").text
    webhooks.switch_off()
    assert resend() == [200]
    assert inbox() == [(COMPLETED, "ignored", 2), (COMPLETED, "done", 1)]


def test_fault_58_event_is_of_a_connected_account(unheard):
    """200 and ignored: the order is not touched, and nobody need be told."""
    webhooks.switch(account="acct_of_another")

    webhooks.release()

    assert (answers(), inbox()) == ([200], [(COMPLETED, "ignored", 1)])
    assert books() == UNPAID


def test_fault_59_session_is_of_another_application_of_the_account(unheard):
    """200 and ignored, with the reason kept; no order is made or touched."""
    webhooks.tell_of_unknown_session()

    tell()

    assert (answers()[-1], inbox()) == (200, [(COMPLETED, "ignored", 1)])
    assert WebhookEvent.objects.get().error == "No payment of this shop belongs to it."
    assert books() == UNPAID


def test_fault_60_type_of_the_event_is_unknown(unheard):
    """200 and ignored, so that it does not come again."""
    webhooks.tell_of_unknown_type()

    tell()

    kind = "thing_to_come.created"
    assert (answers(kind), inbox()) == ([200], [(kind, "ignored", 1)])
    assert books() == UNPAID


def test_fault_61_events_are_rendered_in_another_version(shopper, course):
    """The object itself is asked for, so that all is settled; staff are told once."""
    webhooks.switch(api_version="2020-08-27", is_telling_twice=True)
    buy(shopper, course)

    tell()

    assert inbox() == [(COMPLETED, "done", 1)] * 2
    assert books() == Books(letters=("version", "receipt"))
    assert "2020-08-27" in letter("version").text


@pytest.mark.parametrize("size", [1_000_000, 3_000_000])
def test_fault_62_body_is_huge(unheard, size):
    """413, signed or not, and nothing is written."""
    body = completed() + b" " * size

    assert [send(body, sign(body)), send(body, "t=1,v1=00")] == [413, 413]
    assert (inbox(), books()) == ([], UNPAID)


def test_fault_63_body_is_garbage(unheard):
    """400 for each kind of it, signed or not, never a 500; and nothing is written."""
    for name, body in GARBAGE.items():
        assert send(body, signed(body)) == 400, name
        assert send(body, "t=1,v1=00") == 400, name

    # So many without a good signature are told to staff.
    assert (inbox(), books()) == ([], Books(**vars(UNPAID) | {"letters": ("forged",)}))


def signed(body):
    """Return its signature, if it is a text that can be signed."""
    try:
        return sign(body)
    except UnicodeError:
        return "t=1,v1=00"


@pytest.mark.parametrize(
    ("goes_away_at", "answer", "kept"),
    [
        ("INSERT INTO checkout_webhookevent", 503, []),
        ('SELECT "checkout_payment"', 500, [(COMPLETED, "received", 1)]),
        ('SELECT "checkout_cart"', 500, [(COMPLETED, "received", 1)]),
    ],
)
def test_fault_64_database_goes_away_during_the_webhook(unheard, goes_away_at, answer, kept):
    """It is answered with an error, so that it comes again; and then it is acted on."""
    body = completed()
    with refusing(goes_away_at):
        assert send(body, sign(body)) == answer
    assert (inbox(), books()) == (kept, UNPAID)

    webhooks.release()

    assert (answers(), inbox()) == ([200], [(COMPLETED, "done", 1 + len(kept))])
    assert books() == BOUGHT


def test_fault_65_event_is_kept_while_the_gateway_is_down(unheard):
    """500 and failed; the same event comes again and is acted on, because it is not done."""
    faults.switch_on(RETRIEVE, Fault.ERROR_500_BEFORE, times=1)
    webhooks.release()
    assert (answers(), inbox()) == ([500, None], [(COMPLETED, "failed", 1)])
    assert books() == UNPAID

    tell_again()

    assert (answers(), inbox()) == ([500, 200], [(COMPLETED, "done", 2)])
    assert books() == BOUGHT


def test_event_that_failed_is_acted_on_by_the_clockwork(unheard):
    """Fault 65: the shop does not wait for the gateway to send it again."""
    faults.switch_on(RETRIEVE, Fault.ERROR_500_BEFORE, times=1)
    webhooks.release()

    report = sweep(minutes=3)

    assert "Events to act on" in found(report)
    assert inbox() == [(COMPLETED, "done", 1)]
    assert books() == BOUGHT


def test_fault_66_crash_between_settling_and_marking_the_event_done(unheard):
    """All is bought by then, and the redelivery changes nothing but the mark."""
    body = completed()
    with refusing('UPDATE "checkout_webhookevent"'):
        assert send(body, sign(body)) == 500
    assert (inbox(), books()) == ([(COMPLETED, "received", 1)], BOUGHT)

    webhooks.release()

    assert (answers(), inbox()) == ([200], [(COMPLETED, "done", 2)])
    assert books() == BOUGHT


def test_fault_67_shop_is_slower_than_the_gateway_waits(shopper, course, monkeypatch):
    """One question and no letter is all the buyer waits for, and the buyer is let go in time."""
    url = order_of(shopper, course)
    slow = faults.switch_on(RETRIEVE, Fault.SLOW, times=9, seconds=1.2)
    other_calls = count_calls("*")
    monkeypatch.setattr(deliveries, "TIMEOUT", (2, 0.3))
    began = time.monotonic()

    assert pay_at(url).status_code == 303

    assert time.monotonic() - began < 1.2
    assert Delivery.objects.earliest("pk").error == "ReadTimeout"
    wait_for(lambda: inbox() == [(COMPLETED, "done", 1)])
    slow.refresh_from_db()
    assert (slow.times_left, other_calls()) == (8, 0)
    assert not OutboundMail.objects.exclude(sent_at=None).exists()
    tell_again()
    assert inbox() == [(COMPLETED, "done", 2)]
    assert books() == BOUGHT


def test_fault_68_endpoint_is_disabled(shopper, course):
    """The clockwork finds what was paid and refunded; what comes afterwards changes nothing."""
    webhooks.disable()
    buy(shopper, course)
    assert (inbox(), books()) == ([], UNPAID)

    report = sweep()

    assert {"Payments nothing was heard of", "Events never delivered"} <= set(found(report))
    assert (inbox(), books()) == ([(COMPLETED, "done", 1)], BOUGHT)
    act("refund")
    assert books() == BOUGHT
    sweep()
    refunded = Books(ledger=REFUNDED, seats=("revoked",), letters=("receipt", "refunded"))
    assert books() == refunded
    webhooks.enable()
    assert [resend(), resend("refund.created")] == [[200], [200]]
    assert books() == refunded
    assert found(sweep()) == []


def test_fault_69_old_event_is_sent_again(shopper, course):
    """It is counted and nothing else, even after all has changed: nobody is asked again."""
    buy(shopper, course)
    act("refund")
    before = books()
    calls = count_calls("*")

    Event.objects.update(created_at=timezone.now() - timedelta(days=14))
    assert resend() == [200]

    assert (books(), calls()) == (before, 0)
    assert inbox() == [(COMPLETED, "done", 2), ("refund.created", "done", 1)]


def test_fault_70_secret_is_rolled(shopper, course, settings):
    """Both are good while both sign, then the new one alone; without any, nobody listens."""
    new = webhooks.roll_secret(active_for=60)
    buy(shopper, course)
    assert books() == BOUGHT
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET, new]
    assert resend() == [200]
    end_of_the_old = timezone.now() - timedelta(seconds=1)
    WebhookEndpoint.objects.update(old_secrets_until=end_of_the_old)
    assert resend() == [200]

    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    assert resend() == [400]
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert resend() == [404]

    assert inbox() == [(COMPLETED, "done", 3)]
    assert books() == BOUGHT
