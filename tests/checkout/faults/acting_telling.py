"""What people, banks and the gateway do in the faults after the money, and how the books look."""

import time
from dataclasses import dataclass
from datetime import timedelta

import requests
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from checkout.books import compare_books
from checkout.models import LedgerEntry, Order, OrderLine, Payment, WebhookEvent
from checkout.reconciliation import STEPS, reconcile
from checkout.sandbox import actions, faults, jobs, webhooks
from checkout.sandbox.deliveries import deliver
from checkout.sandbox.models import (
    ApiFault,
    CheckoutSession,
    Delivery,
    Event,
    Fault,
)
from project.models import OutboundMail
from tests.checkout.paying import CARD, pay_at
from tests.checkout.test_orders import let_time_pass, text_of
from tests.checkout.test_start import check_out
from tests.sandbox.asking import US_ACCOUNT, us_account_filled_in

COMPLETED = "checkout.session.completed"
FRAUD_CARD, INQUIRY_CARD, WARNED_CARD = "4000000000000259", "4000000000001976", "4000000000005423"
SLOW_REFUND_CARD, BOUNCED_REFUND_CARD = "4000000000007726", "4000000000005126"


@dataclass(frozen=True, kw_only=True)
class Books:
    """All that money changes: a test compares it whole, so that nothing else happened.

    Ledger entries are kinds with their amounts, letters their occasions; ``difference`` is what
    the gateway says was received, less what the orders say.
    """

    orders: tuple = ("paid",)
    payments: tuple = ("paid",)
    ledger: tuple = (("charge", 3900),)
    seats: tuple = ("active",)
    letters: tuple = ("receipt",)
    difference: str = "$0.00"


BOUGHT = Books()
UNPAID = Books(orders=("pending",), payments=("open",), ledger=(), seats=(None,), letters=())


def books():
    """Return the books as they are."""
    lines = OrderLine.objects.order_by("pk").select_related("enrollment")
    entries = LedgerEntry.objects.order_by("pk")
    return Books(
        orders=tuple(Order.objects.order_by("pk").values_list("status", flat=True)),
        payments=tuple(Payment.objects.order_by("pk").values_list("status", flat=True)),
        ledger=tuple(entries.values_list("kind", "amount_minor")),
        seats=tuple(line.enrollment.status if line.enrollment else None for line in lines),
        letters=tuple(letters()),
        difference=compare_books().difference,
    )


def letters():
    """Return the occasions of all letters, to customers and to staff, the oldest first."""
    keys = OutboundMail.objects.order_by("pk").values_list("key", flat=True)
    return [key.split(":")[0] for key in keys]


def letter(occasion):
    """Return the only letter of that occasion."""
    return OutboundMail.objects.get(key__startswith=f"{occasion}:")


def inbox():
    """Return what was heard: each event's type, what became of it, and how often it came."""
    events = WebhookEvent.objects.order_by("pk")
    return list(events.values_list("type", "state", "deliveries"))


def order_of(shopper, *courses, seats=1):
    """Have the shopper order; return where it is paid."""
    shopper.wants(*courses, seats=seats)
    return check_out(shopper)["Location"]


def buy(shopper, *courses, card=CARD, seats=1):
    """Have the shopper order and pay; return the payment, as the shop knows it then."""
    response = pay_at(order_of(shopper, *courses, seats=seats), card=card)
    assert response.status_code == 303
    return Payment.objects.latest("pk")


def debit(url):
    """Pay from a bank account, whose bank takes its time."""
    form = us_account_filled_in(account=US_ACCOUNT)
    with requests.Session() as http:
        response = http.post(url, data=form, allow_redirects=False, timeout=30)
    assert response.status_code == 303


def act(name, payment=None):
    """Do by hand what the sandbox's control page offers, and have the shop told of it."""
    sessions = CheckoutSession.objects.order_by("-created_at")
    session = sessions.get(pk=payment.session_id) if payment else sessions[0]
    actions.named(name).do(session)
    tell()


def tell():
    """Have everything delivered that the gateway has to say and that is due."""
    jobs.deliver_due()


def tell_again():
    """Have the retries delivered, as if their time had come."""
    Delivery.objects.filter(state="pending").update(next_try_at=timezone.now())
    tell()


def resend(kind=COMPLETED):
    """Have staff send the latest event of that type again; return what the shop answered."""
    event = Event.objects.filter(type=kind).latest("created_at")
    return [delivery.response_status for delivery in webhooks.resend(event.pk)]


def answers(kind=COMPLETED):
    """Return what the shop answered to the deliveries of that type, in their order."""
    deliveries = Delivery.objects.filter(event__type=kind).order_by("pk")
    return list(deliveries.values_list("response_status", flat=True))


def release_held():
    """Let what is held be delivered, by whoever takes it; return the deliveries."""
    held = list(Delivery.objects.held().values_list("pk", flat=True))
    Delivery.objects.held().update(state="pending", next_try_at=timezone.now())
    return held


def deliver_and_close(delivery_id):
    """Deliver from a thread of its own."""
    try:
        deliver(delivery_id)
    finally:
        connection.close()


def count_calls(call):
    """Count how often the gateway is asked, from now on: call what is returned."""
    counter = faults.switch_on(call, Fault.SLOW, times=1000)
    return lambda: 1000 - ApiFault.objects.get(pk=counter.pk).times_left


def sweep(**time):
    """Let that much time pass, and the shop go through its books by itself."""
    later = timezone.now() + (timedelta(**time) or timedelta(hours=2))
    return reconcile(STEPS, commit=True, now=later)


def found(report):
    """Return the titles of the steps that found something."""
    return [look.title for look in report.looks if look.found]


def order_page(shopper, *, seconds_later=0, order=None):
    """Return what the shopper reads on the order's page, after so long."""
    order = order or Order.objects.latest("pk")
    if seconds_later:
        let_time_pass(order)
    return text_of(shopper.client.get(order.get_absolute_url()))


def lesson_status(shopper, course):
    """Return how the first lesson answers the shopper: 200, or the way out."""
    lesson = course.sections.first().lessons.first()
    return shopper.client.get(f"/library/{course.slug}/{lesson.slug}/").status_code


def sandbox_page(session):
    """Return where a session is paid, though the shop has told nobody yet."""
    return settings.SITE_URL + reverse("sandbox:pay", args=[session.pk])


def wait_for(look, *, seconds=8):
    """Look until there is something to see; return it."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)
    return seen
