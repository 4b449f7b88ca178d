"""Work that can wait, kept in PostgreSQL and done by the worker.

Nothing else knows which library does it. A job takes plain values (ids, never rows), and may run
twice: after a crash it is done again. Deferring is part of the caller's transaction, so that what
is rolled back is never done.
"""

import asyncio
import inspect
import json
import signal
from collections.abc import Callable
from typing import Any

from django.db import connection
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.tasks import Task

from project.statement import Statement

# Waits of 4, 16, 64 … seconds: about an hour and a half in all.
PATIENTLY = RetryStrategy(max_attempts=7, exponential_wait=4)

# What the library's own defer() asks for, by the name that its schema keeps for older releases,
# without all that it does around it: that took a tenth of a settlement.
_DEFER = Statement("""
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW(%s, %s, 0, NULL, NULL, %s::jsonb, NULL)::procrastinate_job_to_defer_v1
    ])
""")

DATABASE_AWAY = 1.0  # seconds until the worker looks for it again
DAYS_DONE, DAYS_FAILED = 14, 90  # for which jobs are kept that were done, or that failed for good


class Job[**P]:
    """A function that the worker calls."""

    def __init__(self, work: Callable[P, None], task: "Task[Any, Any, Any]") -> None:
        self.work = work
        self._task = task
        self._signature = inspect.signature(work)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Do the work here and now."""
        self.work(*args, **kwargs)

    def later(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Have the worker do it, as soon as the caller's transaction is committed."""
        arguments = self._signature.bind(*args, **kwargs).arguments
        _DEFER.rows(connection, [self._task.queue, self._task.name, json.dumps(arguments)])

    def in_seconds(self, delay: int, *args: P.args, **kwargs: P.kwargs) -> None:
        """Have the worker do it ``delay`` seconds from now."""
        arguments = self._signature.bind(*args, **kwargs).arguments
        self._task.configure(schedule_in={"seconds": delay}).defer(**arguments)


def job[**P](
    *, queue: str, retry: RetryStrategy | None = None
) -> Callable[[Callable[P, None]], Job[P]]:
    """Make a function a job. ``retry`` says how failures are tried again; by default, never."""

    def register(work: Callable[P, None]) -> Job[P]:
        task = app.task(name=_name(work), queue=queue, retry=retry or False)(work)
        return Job(work, task)

    return register


def periodic(cron: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Have the worker call a function by the clock (five or six cron fields, UTC).

    Of several workers one does it; while it is at work, no second one starts.
    """

    def register(work: Callable[[], None]) -> Callable[[], None]:
        name = _name(work)

        def tick(timestamp: int) -> None:
            work()

        task = app.task(name=name, queue="clock", lock=name, queueing_lock=name)(tick)
        app.periodic(cron=cron)(task)
        return work

    return register


class WorkerConnector(PsycopgConnector):
    """How the worker takes jobs. What these defer is part of their transactions, as anywhere.

    With the library's own it would be seen before they are committed: another thread would look
    for a message that is not there yet, and be done with it.
    """

    def __init__(self) -> None:
        assert isinstance(app.connector, DjangoConnector)  # noqa: S101  as Django's app has it
        super().__init__(kwargs=connector_params(app.connector.alias))
        self._of_callers = app.connector

    def get_sync_connector(self) -> DjangoConnector:
        """Return what jobs are deferred with by code that is not asynchronous: all of ours."""
        return self._of_callers


def work_off(*, patience: float = 25, concurrency: int = 4) -> None:
    """Do jobs until SIGINT or SIGTERM, then finish those at hand within ``patience`` seconds.

    While PostgreSQL is away it waits and tries again: that is no reason for mail to stop for good.
    """
    asyncio.run(_work_until_told(patience, concurrency))


async def _work_until_told(patience: float, concurrency: int) -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    stop = asyncio.create_task(told.wait())
    while not told.is_set():
        work = asyncio.create_task(_work(patience, concurrency))
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        # A worker that is canceled finishes what is at hand; one that ended by itself had lost
        # the database, and has said so in the log.
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await asyncio.wait({stop}, timeout=DATABASE_AWAY)


async def _work(patience: float, concurrency: int) -> None:
    # Made anew each time: it also starts an embedded server that was stopped meanwhile.
    connector = await asyncio.to_thread(WorkerConnector)
    with app.replace_connector(connector):
        async with app.open_async():
            await app.run_worker_async(
                concurrency=concurrency,
                shutdown_graceful_timeout=patience,
                install_signal_handlers=False,
            )


def _name(work: Callable[..., None]) -> str:
    return f"{work.__module__}.{work.__name__}"


@app.periodic(cron="*/5 * * * *")
@app.task(queue="clock", queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Take up again what a worker was doing when it was killed."""
    for stalled in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(stalled)


@app.periodic(cron="17 3 * * *")
@app.task(queue="clock", queueing_lock="forget_done", pass_context=True)
async def forget_done(context: JobContext, timestamp: int) -> None:
    """Forget jobs that were done two weeks ago. Failed ones stay longer, for people to look at."""
    forget = app.job_manager.delete_old_jobs
    await forget(nb_hours=24 * DAYS_DONE)
    await forget(
        nb_hours=24 * DAYS_FAILED, include_failed=True, include_cancelled=True, include_aborted=True
    )
