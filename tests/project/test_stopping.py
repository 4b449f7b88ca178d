"""A demo that is asked to stop stops, whatever it is about to do."""

import os
import signal
from contextlib import suppress

import pytest

from project.demo.serving import Stop

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
def stop():
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield Stop()
    for number, handler in before.items():
        signal.signal(number, handler)


def prepare(stop, number):
    with stop.interrupting():
        os.kill(os.getpid(), number)
        raise AssertionError("It went on.")


def prepare_unheeding(stop):
    """Python ignores an exception where it comes in a finalizer, for one."""
    with stop.interrupting(), suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_interrupts_what_is_being_prepared(stop, number):
    with pytest.raises(KeyboardInterrupt):
        prepare(stop, number)
    assert stop.is_asked


def test_signal_that_nobody_heeded_stops_what_comes_next(stop):
    with pytest.raises(KeyboardInterrupt):
        prepare_unheeding(stop)


def test_signal_lets_what_runs_end_in_good_order(stop):
    with stop.interrupting():
        pass
    os.kill(os.getpid(), signal.SIGINT)

    assert stop.wait(0)
