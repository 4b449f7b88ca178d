"""The receipt: queued with the settlement, and written by the worker when it is sent."""

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Course
from checkout.mails import write_receipt
from checkout.models import Order
from checkout.settlement import settle
from library.invitations import take_back
from library.models import Enrollment
from project.mail import deliver
from project.models import OutboundMail
from tests.accounts.letters import as_sent
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import create_course, create_learner

pytestmark = pytest.mark.django_db

ENGLISH = """Thank you for your order.

{number}
  Bread & Salt: $39
  Bread & Salt: $39
  The Sky (part of “Both”): $39
  The Sky (part of “Both”): $39
  Total: $156

Start studying “Bread & Salt”:
{site}/library/bread-salt/

A seat on “Bread & Salt” to give away. Whoever opens this link takes it:
{bread}

Start studying “The Sky”:
{site}/library/the-sky/

A seat on “The Sky” to give away. Whoever opens this link takes it:
{sky}

Your order, with everything that happens to it, is always here:
{order}


Lectern

"""
INDONESIAN = """Terima kasih atas pesanan Anda.

{number}
  Bread & Salt: US$39
  Bread & Salt: US$39
  The Sky (bagian dari “Both”): US$39
  The Sky (bagian dari “Both”): US$39
  Total: US$156

Mulai belajar “Bread & Salt”:
{site}/library/bread-salt/

Satu kursi “Bread & Salt” untuk dibagikan. Siapa yang membuka tautan ini, dialah yang mengambilnya:
{bread}

Mulai belajar “The Sky”:
{site}/library/the-sky/

Satu kursi “The Sky” untuk dibagikan. Siapa yang membuka tautan ini, dialah yang mengambilnya:
{sky}

Pesanan Anda, dengan semua perkembangannya, selalu ada di sini:
{order}


Lectern

"""
AS_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Order {number}</title>
</head>
<body>
<p>Thank you for your order.</p>
<table>
<caption>{number}</caption>
<tr>
<td>Bread &amp; Salt</td>
<td align="right">$39</td>
</tr>
<tr>
<td>Bread &amp; Salt</td>
<td align="right">$39</td>
</tr>
<tr>
<td>The Sky (part of “Both”)</td>
<td align="right">$39</td>
</tr>
<tr>
<td>The Sky (part of “Both”)</td>
<td align="right">$39</td>
</tr>
<tr>
<th align="left">Total</th>
<th align="right">$156</th>
</tr>
</table>
<p><a href="{site}/library/bread-salt/">Start studying “Bread &amp; Salt”</a></p>
<p>
A seat on “Bread &amp; Salt” to give away. Whoever opens this link takes it:
<a href="{bread}">{bread}</a>
</p>
<p><a href="{site}/library/the-sky/">Start studying “The Sky”</a></p>
<p>
A seat on “The Sky” to give away. Whoever opens this link takes it:
<a href="{sky}">{sky}</a>
</p>
<p><a href="{order}">Your order</a>, with everything that happens to it.</p>
<p>Lectern</p>
</body>
</html>"""


def create_bought_order(*, language="en"):
    """Create an order of two courses, a seat on each to give away; the second is of a bundle."""
    courses = [create_course(title="Bread & Salt"), create_course(title="The Sky")]
    order = create_order(courses=courses, seats=2)
    order.user.speak(language)
    order.lines.filter(title="The Sky").update(bundle_title="Both")
    return order


def pay(order):
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    return OutboundMail.objects.get(key=f"receipt:{order.pk}")


def facts_of(order, settings):
    """Return what differs from one order to the next."""
    bread, sky = Enrollment.objects.unclaimed().order_by("course_id")
    return {
        "number": order.number,
        "order": settings.SITE_URL + order.get_absolute_url(),
        "site": settings.SITE_URL,
        "bread": bread.claim_url,
        "sky": sky.claim_url,
    }


def mail_jobs():
    jobs = ProcrastinateJob.objects.filter(task_name="project.mail.deliver")
    return list(jobs.values_list("status", "queue_name", "args"))


@pytest.mark.django_db(transaction=True)
def test_receipt_and_its_job_come_with_the_settlement():
    order = create_order()

    receipt = pay(order)

    assert (receipt.letter, receipt.about_id, receipt.to) == ("receipt", order.pk, order.email)
    assert (receipt.subject, receipt.text, receipt.html, receipt.sent_at) == ("", "", "", None)
    assert mail_jobs() == [("todo", "mail", {"mail_id": receipt.pk, "letter": "receipt"})]


@pytest.mark.django_db(transaction=True)
def test_receipt_and_its_job_go_with_a_settlement_that_is_rolled_back():
    order = create_order()

    with transaction.atomic():
        pay(order)
        transaction.set_rollback(True)

    order.refresh_from_db()
    assert (order.status, OutboundMail.objects.count(), mail_jobs()) == ("pending", 0, [])


def test_order_that_is_settled_twice_has_one_receipt():
    order = create_order()
    receipt, payment = pay(order), order.payments.get()
    settle(payment.pk, snapshot_of(payment))
    second = create_payment(order=order, attempt=2)
    settle(second.pk, snapshot_of(second))

    for _status, _queue, args in mail_jobs() * 2:
        deliver(**args)

    told = [message.subject for message in mail.outbox if message.to == [order.email]]
    assert told == [f"Your order {order.number} at Lectern"]
    assert OutboundMail.objects.get(to=order.email).pk == receipt.pk


@pytest.mark.parametrize("spoken", ["en", "id"])
@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        ("en", "Your order {number} at Lectern", ENGLISH),
        ("id", "Pesanan {number} di Lectern", INDONESIAN),
    ],
)
def test_receipt_says_what_was_bought(settings, language, subject, text, spoken):
    """In the customer's language, whatever the worker speaks."""
    order = create_bought_order(language=language)
    receipt = pay(order)

    with translation.override(spoken):
        letter = as_sent(receipt)

    facts = facts_of(order, settings)
    assert letter.subject == subject.format(**facts)
    assert letter.text == text.format(**facts)
    assert f'<html lang="{language}">' in letter.html


def test_receipt_says_so_in_html(settings):
    order = create_bought_order()

    letter = as_sent(pay(order))

    lines = [line.strip() for line in letter.html.splitlines() if line.strip()]
    assert lines == AS_HTML.format(**facts_of(order, settings)).splitlines()


def test_receipt_says_what_was_settled_however_late_it_is_written(settings):
    """Courses are sold for more by then, and a link that was taken back stays dead."""
    order = create_bought_order()
    receipt, facts = pay(order), facts_of(order, settings)
    Course.objects.update(title="Another name", price_minor=9900)
    for seat in Enrollment.objects.unclaimed():
        take_back(seat)

    letter = as_sent(receipt)

    assert letter.text == ENGLISH.format(**facts)
    assert facts != facts_of(order, settings)  # there are links that live, and are not told


def test_receipt_is_of_the_account_that_has_claimed_the_order_by_then():
    order = create_order(with_cart=False)
    Order.objects.update(user=None)
    receipt = pay(order)
    order.refresh_from_db()
    order.claim(create_learner())

    letter = as_sent(receipt)

    assert "Please keep this mail." not in letter.text
    assert "Start studying" in letter.text


def test_receipt_of_an_order_that_is_gone_says_nothing():
    assert write_receipt(0) is None


@pytest.mark.parametrize("seats", [1, 30])
def test_receipt_takes_as_many_queries_for_one_seat_as_for_thirty(seats):
    receipt = pay(create_order(seats=seats))

    with CaptureQueriesContext(connection) as queries:
        deliver(receipt.pk)

    assert len(queries) == 4  # the message, the order, its lines; and that it was sent
