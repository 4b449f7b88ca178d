"""How long who polls is asked to wait, by what the process has to do."""

import asyncio
import time

import pytest

from project.pressure import TICK, Pressure


@pytest.mark.parametrize(("waiting", "seconds"), [(0, 0), (1.9, 0), (2, 5), (8, 15)])
def test_pause_grows_with_what_waits_for_each_thread(waiting, seconds):
    async def ask():
        return Pressure(lambda: waiting).pause()

    assert asyncio.run(ask()) == seconds


def test_pause_grows_when_the_event_loop_is_late_and_is_over_soon_after():
    async def ask():
        pressure = Pressure(lambda: 0)
        before = pressure.pause()
        time.sleep(TICK + 0.7)  # noqa: ASYNC251  somebody has the processor for themselves
        await asyncio.sleep(0.02)
        during = pressure.pause()
        for _ in range(100):
            await asyncio.sleep(TICK)
            if not pressure.pause():
                return before, during

    assert asyncio.run(ask()) == (0, 15)
