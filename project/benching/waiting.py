"""How many people one worker carries who wait for their money, each of them polling."""

import resource
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from project.benching import people
from project.benching.load import Round, drive
from project.benching.polling import poll_path
from project.benching.programs import Program, running
from project.benching.wire import Browser

INTERVAL = 2.0  # seconds between two polls, as the order's page has it
SECONDS = 12.0  # of polling: the page asks more rarely after half a minute
NO_CONTENT = 204
DESCRIPTORS = 65_536


@dataclass(frozen=True)
class Waiting:
    """What it was like to serve so many who waited. ``share`` is that of one processor."""

    people: int
    has_watch: bool
    rate: float
    p50_ms: float
    p95_ms: float
    share: float
    others: int  # answers that were not 204, and connections that broke

    @property
    def is_carried(self) -> bool:
        """Whether all of them were answered in time."""
        return self.rate >= 0.9 * self.people / INTERVAL and not self.others

    @property
    def carries(self) -> int:
        """About how many would keep the worker busy all the time."""
        return int(self.people / self.share) if self.share else 0

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {**asdict(self), "is_carried": self.is_carried, "carries": self.carries}

    def as_text(self) -> str:
        """Return it for people."""
        manner = "with the watch" if self.has_watch else "without the watch"
        fate = f"carries about {self.carries:,}" if self.is_carried else "does not carry them"
        trouble = f", {self.others} answers were others" if self.others else ""
        return (
            f"{self.people:,} people poll every {INTERVAL:.0f} s, {manner}: {self.rate:.0f} "
            f"requests a second, p50 {self.p50_ms:.1f} ms, p95 {self.p95_ms:.1f} ms, "
            f"{self.share:.0%} of a processor{trouble}: one worker {fate}."
        )


def wait_together(
    application: str, number: int, *, folder: Path, pool: Executor, tick: Callable[[], object]
) -> list[Waiting]:
    """Have so many people wait, first without the watch and then with it."""
    _allow_connections()
    found = []
    for has_watch in (False, True):
        environment = {"ORDER_WATCH": str(int(has_watch))}
        with running(application, folder=folder, environment=environment) as program:
            found.append(_wait(program, number, pool, has_watch=has_watch))
        tick()
    return found


def _allow_connections() -> None:
    """Let this process, and those that it starts, have as many connections as the system lets."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, DESCRIPTORS), most))


def _wait(program: Program, number: int, pool: Executor, *, has_watch: bool) -> Waiting:
    requests = _polls(program.port, number)
    what = Round(program.port, requests, number, SECONDS, pause=INTERVAL)
    before = program.processor_seconds
    tally = pool.submit(drive, what).result()
    share = (program.processor_seconds - before) / tally.seconds
    latencies = sorted(tally.latencies)
    return Waiting(
        people=number,
        has_watch=has_watch,
        rate=round(tally.rate, 1),
        p50_ms=round(latencies[len(latencies) // 2] * 1000, 2),
        p95_ms=round(latencies[len(latencies) * 95 // 100] * 1000, 2),
        share=round(share, 3),
        others=tally.count - tally.statuses[NO_CONTENT] + tally.broken,
    )


def _polls(port: int, number: int) -> list[bytes]:
    """Return the poll of each, all of whom have just come back from the gateway."""
    orders = people.waiting(number, people.newest_courses(2))
    first = orders[0]
    path = poll_path(Browser(port, first.cookie), first.reference)
    return [
        Browser(port, order.cookie).get(
            path.replace(first.reference, order.reference), target="order"
        )
        for order in orders
    ]
