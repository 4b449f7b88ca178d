"""The threads that requests are served on."""

import asyncio
import threading
import time
from contextlib import suppress

import pytest

from project.lanes import Lane


@pytest.fixture
def lane():
    lane = Lane("test pages", 1)
    yield lane
    lane.close()


def threads_of(name):
    return [thread for thread in threading.enumerate() if thread.name.startswith(name)]


def test_work_is_done_in_the_order_it_came(lane):
    done = []

    async def ask():
        return await asyncio.gather(*(lane.run(done.append, number) for number in range(20)))

    asyncio.run(ask())

    assert done == list(range(20))
    assert lane.waiting == 0


def test_each_gets_what_its_own_work_gave():
    lane = Lane("several", 3)

    async def ask():
        return await asyncio.gather(*(lane.run(pow, number, 2) for number in range(50)))

    assert asyncio.run(ask()) == [number**2 for number in range(50)]
    lane.close()


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), StopIteration()])
def test_what_goes_wrong_is_told_and_the_thread_goes_on(lane, error):
    def fail():
        raise error

    async def ask():
        # Python says of a StopIteration that it is a RuntimeError.
        with pytest.raises((type(error), RuntimeError)):
            await asyncio.wait_for(lane.run(fail), 5)
        return await lane.run(lambda: "well")

    assert asyncio.run(ask()) == "well"


def test_what_is_not_wanted_any_more_is_not_begun(lane):
    begun, gate = [], threading.Event()

    async def ask():
        first = asyncio.create_task(lane.run(gate.wait, 5))
        second = asyncio.create_task(lane.run(begun.append, 2))
        await asyncio.sleep(0.05)
        second.cancel()
        with suppress(asyncio.CancelledError):
            await second
        assert lane.waiting == 1
        gate.set()
        await first

    asyncio.run(ask())
    lane.close()

    assert begun == []


def test_loop_that_ended_meanwhile_harms_nobody(lane):
    async def leave():
        with suppress(TimeoutError):
            await asyncio.wait_for(lane.run(time.sleep, 0.2), 0.05)

    asyncio.run(leave())

    assert asyncio.run(lane.run(lambda: "well")) == "well"


def test_who_left_while_it_was_done_is_told_nothing(lane):
    complaints = []

    async def leave():
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        with suppress(TimeoutError):
            await asyncio.wait_for(lane.run(time.sleep, 0.1), 0.02)
        await lane.run(lambda: None)

    asyncio.run(leave())

    assert complaints == []


def test_threads_begin_with_the_first_request_and_end_with_the_lane(monkeypatch):
    closed = []
    monkeypatch.setattr(
        "project.lanes.connections.close_all", lambda: closed.append(threading.current_thread())
    )
    lane = Lane("short lived", 3)
    assert threads_of("short-lived") == []

    asyncio.run(lane.run(lambda: None))
    crew = threads_of("short-lived")
    lane.close()

    assert len(crew) == 3
    assert threads_of("short-lived") == []
    assert set(closed) == set(crew)


def test_lane_that_was_never_used_closes():
    Lane("idle", 2).close()


def test_lane_that_comes_to_no_end_is_given_up(monkeypatch):
    monkeypatch.setattr("project.lanes.PATIENCE", 0.1)
    lane, gate = Lane("stuck", 2), threading.Event()

    async def leave():
        with suppress(TimeoutError):
            await asyncio.wait_for(lane.run(gate.wait, 5), 0.05)

    asyncio.run(leave())
    begun = time.monotonic()
    lane.close()

    assert time.monotonic() - begun < 2
    gate.set()
