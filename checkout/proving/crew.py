"""Several processes that prove at once, each with a scratch database and a seed of its own."""

import logging
import multiprocessing
from collections.abc import Callable
from contextlib import nullcontext
from multiprocessing.pool import AsyncResult
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checkout.proving.proof import Verdict

GLANCE = 0.5  # seconds between two looks at how far they are

type Watch = Callable[[int], object]


def prove_together(
    *, count: int, seed: int, workers: int, sabotage: str | None = None, watch: Watch
) -> "Verdict":
    """Try ``count`` histories with so many processes; of the first ``seed`` is the seed.

    All stop when one of them has found something. ``watch`` is told how many more were tried.
    """
    context = multiprocessing.get_context("spawn")
    tried, is_over = context.Value("i", 0), context.Event()
    shares = [count // workers + (number < count % workers) for number in range(workers)]
    with context.Pool(workers, _begin, (tried, is_over)) as pool:
        works = [
            pool.apply_async(_prove, (share, seed + number, sabotage))
            for number, share in enumerate(shares)
        ]
        try:
            return _together(works, tried, is_over, watch)
        finally:
            is_over.set()
            pool.close()
            pool.join()  # each takes its database away


def _together(
    works: "list[AsyncResult[Verdict]]", tried: "Synchronized[int]", is_over: Event, watch: Watch
) -> "Verdict":
    known = 0
    waiting = list(works)
    while waiting:
        waiting[0].wait(GLANCE)
        watch(tried.value - known)
        known = tried.value
        if any(not work.get().holds for work in works if work.ready()):
            is_over.set()
        waiting = [work for work in waiting if not work.ready()]
    first, *others = sorted((work.get() for work in works), key=lambda verdict: verdict.holds)
    for other in others:
        first.histories += other.histories
        first.checks.update(other.checks)
    return first


def _begin(tried: "Synchronized[int]", is_over: Event) -> None:
    """Be a process of the crew."""
    import django

    global _tried, _is_over
    _tried, _is_over = tried, is_over
    django.setup()
    logging.disable(logging.CRITICAL)  # of what goes wrong on purpose


def _prove(count: int, seed: int, sabotage: str | None) -> "Verdict":
    from checkout.proving.proof import prove
    from checkout.proving.sabotage import SABOTAGES
    from checkout.proving.scratch import scratch_database

    with scratch_database(), SABOTAGES[sabotage]() if sabotage else nullcontext():
        return prove(count=count, seed=seed, watch=_note)


def _note() -> bool:
    """Count one more. Return whether another process has found something."""
    with _tried.get_lock():
        _tried.value += 1
    return _is_over.is_set()


_tried: "Synchronized[int]"
_is_over: Event
