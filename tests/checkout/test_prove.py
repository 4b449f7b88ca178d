"""The proof holds, and sabotage makes it fail: otherwise it would prove nothing."""

import logging

import pytest
from django.core.management import CommandError, call_command

from checkout.proving import proof
from checkout.proving.histories import History, Step
from checkout.proving.sabotage import SABOTAGES

pytestmark = pytest.mark.django_db(transaction=True)


def test_proof_finds_nothing():
    verdict = proof.prove(count=16, seed=1)

    assert (verdict.holds, verdict.history, verdict.histories) == (True, None, 16), verdict
    assert all(verdict.checks[name] for name in proof.NAMES)


@pytest.mark.parametrize(
    ("sabotage", "history", "invariant"),
    [
        ("constraint-dropped", "cart=owned", "a learner has one seat on a course"),
        ("amount-unchecked", "sales=more", "nothing is granted unpaid"),
        ("event-trusted", "sales=debit_waits", "nothing is granted unpaid"),
    ],
)
def test_proof_finds_sabotage(sabotage, history, invariant):
    """By the smallest history that shows it, and not without the sabotage."""
    history = History.parse(history)
    assert proof.replay(history).holds

    with SABOTAGES[sabotage]():
        violation = proof.replay(history).violation

    assert violation is not None
    assert violation.invariant == invariant


def broken_by(sabotage, steps, **facts):
    """Return what the sabotage breaks, one step of the histories being at any of its places."""
    with SABOTAGES[sabotage]():
        for place in range(2, 46, 2):
            text = " ".join(f"{name}={value}" for name, value in facts.items())
            history = History.parse(f"{text} steps={steps.format(place)}")
            if violation := proof.replay(history).violation:
                return violation.invariant
    return None


def test_proof_finds_seats_that_are_granted_outside_of_the_transaction():
    """Killed between the two, the process leaves an order that is paid and gave nothing."""
    assert broken_by("granted-outside", "event0!{}") == "one paid line has one grant"


def test_proof_finds_two_workers_that_lock_nothing():
    """Both settle the same money, and one of them runs into the ledger's constraint."""
    found = broken_by("lock-forgotten", "check0@{}&check0")

    assert found == "nothing is raised that nobody expects"


def test_history_is_read_as_it_was_written():
    history = History(
        cart="two",
        sales=("card", "debit_fails"),
        after=("part", "bounce"),
        opening=12,
        steps=(Step("deed"), Step("event", 3, kill=7), Step("page", pause=4, other=Step("job"))),
    )

    assert str(history).endswith("opening=12 steps=deed,event3!7,page@4&job")
    assert History.parse(str(history)) == history


@pytest.mark.parametrize("text", ["steps=sleep", "weather=fine", "opening=soon"])
def test_history_that_is_none_is_refused(text):
    with pytest.raises(CommandError):
        call_command("prove", replay=text)

    # It is quiet about what goes wrong on purpose, and only then.
    assert logging.getLogger("checkout").isEnabledFor(logging.ERROR)
