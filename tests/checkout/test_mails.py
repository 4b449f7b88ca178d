"""The letters that customers get: each once, as text and as HTML, and in words that are true."""

import pytest

from checkout.gateways import RefundSnapshot, SessionState
from checkout.refunds import apply_refunds, request_refund
from checkout.settlement import settle
from project.models import OutboundMail
from tests.accounts.letters import as_sent
from tests.checkout.shop import create_order, create_payment, snapshot_of
from tests.factories import create_course, create_learner, enroll

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"


@pytest.fixture
def order():
    courses = [create_course(title="Bread & Salt"), create_course(title="The Sky")]
    return create_order(buyer=create_learner(email=ADA), courses=courses)


def letters():
    return list(OutboundMail.objects.filter(to=ADA).order_by("pk"))


def words(text):
    return " ".join(text.split())


def refund_of(refund, status="succeeded"):
    return RefundSnapshot(
        refund_id=f"re_{refund.pk}",
        status=status,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        key=refund.idempotency_key,
    )


def test_waiting_is_written_once(order):
    payment = create_payment(order=order)
    for _ in range(2):
        settle(payment.pk, snapshot_of(payment, SessionState.PROCESSING))

    (letter,) = letters()
    assert letter.subject == f"Your bank is confirming order {order.number}"
    assert f"Thank you for your order {order.number} over $78." in letter.text
    assert order.get_absolute_url() in letter.text


def test_failed_payment_is_written_once(order):
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment, SessionState.PROCESSING))
    for _ in range(2):
        settle(payment.pk, snapshot_of(payment, SessionState.FAILED, error="No."))

    _, letter = letters()
    assert letter.subject == f"The payment of order {order.number} did not go through"
    assert "You have not been charged." in letter.text
    assert order.get_absolute_url() in letter.text


def give_back(order, status="succeeded", **facts):
    """Have money go back, and hear of it twice."""
    payment = order.payments.get()
    refund = request_refund(payment, **{"amount_minor": 3900, "reason": "asked", **facts})
    for _ in range(2):
        apply_refunds(payment.pk, [refund_of(refund, status)])
    return refund


@pytest.fixture
def paid(order):
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    return order


def test_refund_is_written_once_and_says_what_closes(paid):
    line = paid.lines.get(title="Bread & Salt")
    give_back(paid, lines=[line], ends_access=True)

    _, letter = letters()
    assert letter.subject == f"$39 of order {paid.number} is on its way back to you"
    assert words(letter.text).startswith(
        f"We have sent $39 of your order {paid.number} back to you, the way you paid. "
        "Banks take five to ten days to show it on your statement. It is for: Bread & Salt "
        "The course is closed with that. What you have done there is kept"
    )


def test_refund_of_an_amount_closes_nothing_and_names_nothing(paid):
    give_back(paid, amount_minor=500)

    _, letter = letters()
    assert "closed" not in letter.text
    assert "It is for" not in letter.text


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_refund_that_has_not_gone_is_not_written_of(paid, status):
    give_back(paid, status)

    assert len(letters()) == 1  # the receipt


def test_refund_of_what_was_owned_says_so(order):
    enroll(order.user, course=order.lines.first().course)
    payment = create_payment(order=order)
    settle(payment.pk, snapshot_of(payment))
    apply_refunds(payment.pk, [refund_of(payment.refunds.get())])

    _, letter = letters()
    assert letter.text.startswith("You had one of the courses that you paid for already.")


def test_surplus_says_that_it_was_paid_twice(paid):
    second = create_payment(order=paid, attempt=2)
    settle(second.pk, snapshot_of(second))
    apply_refunds(second.pk, [refund_of(second.refunds.get())])

    _, letter = letters()
    assert letter.text.startswith("Your order was paid twice, and once is enough.")


def test_every_letter_has_an_html_version_that_says_the_same(paid):
    give_back(paid, lines=paid.lines.all()[:1], ends_access=True)
    waiting = create_payment(order=create_order(buyer=paid.user))
    settle(waiting.pk, snapshot_of(waiting, SessionState.PROCESSING))
    settle(waiting.pk, snapshot_of(waiting, SessionState.FAILED))

    receipt, *others = map(as_sent, letters())
    assert len(others) == 3
    assert "Bread &amp; Salt" in receipt.html
    for letter in others:
        assert letter.html.startswith("<!doctype html>")
        first = words(letter.text).split(". ")[0]
        assert f"<p>{first}" in letter.html
        assert "/orders/" in letter.html
    assert "<li>Bread &amp; Salt</li>" in others[0].html
