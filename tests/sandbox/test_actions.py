"""What is done to a session by hand: each action where it applies, and what becomes of it."""

import pytest

from checkout.sandbox import actions
from checkout.sandbox.errors import ApiError
from checkout.sandbox.models import CheckoutSession, Dispute, EarlyFraudWarning, Refund
from tests.sandbox.asking import US_ACCOUNT, create_session, debit, pay

pytestmark = pytest.mark.django_db

PAID = {"refund", "refund-half", "dispute", "inquire", "warn"}


@pytest.fixture
def paid():
    session = create_session()
    pay(session)
    return session


def names(session):
    return {action.name for action in actions.applicable(fresh(session))}


def fresh(session):
    return CheckoutSession.objects.get(pk=session.pk)


def do(session, *steps):
    for step in steps:
        actions.named(step).do(fresh(session))


def test_an_open_session_can_be_expired():
    session = create_session()
    assert names(session) == {"expire"}

    do(session, "expire")

    assert (fresh(session).status, names(session)) == ("expired", set())


@pytest.mark.parametrize(
    ("answer", "status", "then"), [("succeed", "paid", PAID), ("fail", "unpaid", set())]
)
def test_the_bank_answers_to_a_debit(answer, status, then):
    session = create_session()
    debit(session, number=US_ACCOUNT)
    assert names(session) == {"succeed", "fail"}

    do(session, answer)

    assert (fresh(session).payment_status, names(session)) == (status, then)


def test_money_goes_back_in_halves_and_comes_home(paid):
    assert names(paid) == PAID

    do(paid, "refund-half")
    assert names(paid) == PAID | {"fail-refund"}
    do(paid, "refund")
    assert names(paid) == {"fail-refund", "dispute", "inquire", "warn"}
    do(paid, "fail-refund")

    assert list(Refund.objects.order_by("created_at").values_list("amount", "status")) == [
        (2450, "succeeded"),
        (2450, "failed"),
    ]


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        (["dispute"], "needs_response"),
        (["dispute", "win"], "won"),
        (["dispute", "lose"], "lost"),
        (["inquire"], "warning_needs_response"),
        (["inquire", "close-inquiry"], "warning_closed"),
        (["inquire", "escalate"], "needs_response"),
    ],
)
def test_the_bank_complains_and_decides(paid, steps, status):
    do(paid, *steps)

    assert Dispute.objects.get().status == status


def test_a_dispute_is_not_opened_twice(paid):
    do(paid, "dispute")

    with pytest.raises(ApiError):
        do(paid, "dispute")

    assert Dispute.objects.count() == 1


def test_fraud_is_warned_of(paid):
    do(paid, "warn")

    assert EarlyFraudWarning.objects.count() == 1
