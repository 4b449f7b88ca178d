"""Measures a row: in turns with the hello-world, in short rounds, and by their medians."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from project.benching.load import Round, Tally, drive
from project.benching.programs import Program
from project.benching.rows import NothingToAsk, Requests, Row, Shop
from project.benching.saving import SavedCourse, looks
from project.benching.wire import Browser, ask

WARM_UP = 0.5  # seconds
SINGLES = 2  # requests of one round, where a course is saved before each


@dataclass(frozen=True)
class Effort:
    """How hard the shop is driven."""

    clients: int = 8
    seconds: float = 0.4
    rounds: int = 24


@dataclass(kw_only=True)
class Measured:
    """What a row came to. Times are milliseconds, sizes bytes."""

    row: Row
    rate: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    processor: float = 0.0
    load: float = 0.0  # what each request cost the load itself
    size: int = 0
    ratio: float = 0.0
    statements: list[str] = field(default_factory=list)
    queries: int = 0
    problem: str = ""

    @property
    def falls_short(self) -> bool:
        """Whether less came of it than is demanded."""
        return bool(self.problem or self.ratio < self.row.ratio or self.queries > self.row.queries)

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "name": self.row.name,
            "title": self.row.title,
            "requests_per_second": round(self.rate, 1),
            "p50_ms": round(self.p50, 2),
            "p95_ms": round(self.p95, 2),
            "processor_ms": round(self.processor, 3),
            "load_processor_ms": round(self.load, 3),
            "bytes": self.size,
            "queries": self.queries,
            "queries_at_most": self.row.queries,
            "statements": len(self.statements),
            "ratio": round(self.ratio, 3),
            "ratio_at_least": self.row.ratio,
            "falls_short": self.falls_short,
            "problem": self.problem,
        }


class Measuring:
    """The servers and the load, and how hard it tries."""

    def __init__(self, hello: Program, pool: Executor, effort: Effort) -> None:
        self.hello = hello
        self.effort = effort
        self.greetings: list[Tally] = []
        self._pool = pool
        self._hello = [Browser(hello.port).get("/")]

    def measure(self, row: Row, program: Program, *, tick: Callable[[], object]) -> Measured:
        """Drive hello-world and row in turns; ``tick`` is called after each round."""
        rounds = self._singles if row.follows_save else self._rounds
        try:
            pairs = rounds(row, program, tick)
        except NothingToAsk as error:
            return Measured(row=row, problem=str(error))
        tallies = [tally for _, tally in pairs]
        latencies = sorted(latency for tally in tallies for latency in tally.latencies)
        count = len(latencies)
        return Measured(
            row=row,
            rate=median(tally.rate for tally in tallies),
            p50=latencies[count // 2] * 1000,
            p95=latencies[count * 95 // 100] * 1000,
            processor=sum(tally.processor_seconds for tally in tallies) * 1000 / count,
            load=sum(tally.own_seconds for tally in tallies) * 1000 / count,
            size=sum(tally.body_bytes for tally in tallies) // count,
            ratio=median(tally.rate / hello.rate for hello, tally in pairs),
            problem=_problem(row, tallies),
        )

    def greet(self) -> Tally:
        """Drive a round of hello-world."""
        self.greetings.append(self._drive(self.hello, self._hello))
        return self.greetings[-1]

    def _rounds(
        self, row: Row, program: Program, tick: Callable[[], object]
    ) -> list[tuple[Tally, Tally]]:
        """Return the tallies of hello-world and row."""
        shop, seconds = Shop(program.port), self.effort.seconds
        requests = row.make(shop, 100)
        warm = self._drive(program, requests, seconds=WARM_UP, is_once=row.is_once)
        number = max(self.effort.clients, int(warm.rate * seconds))
        pairs = []
        for _ in range(self.effort.rounds):
            if row.is_once or row.is_of_now:
                requests = row.make(shop, number)
            hello = self.greet()
            pairs.append((hello, self._drive(program, requests, is_once=row.is_once)))
            tick()
        return pairs

    def _singles(
        self, row: Row, program: Program, tick: Callable[[], object]
    ) -> list[tuple[Tally, Tally]]:
        """The same, with one client that comes after each saving of a course."""
        request, pairs = row.make(Shop(program.port), 1)[0], []
        with SavedCourse() as course:
            for _ in range(self.effort.rounds):
                hello, tally = Tally(), Tally()
                for _ in range(SINGLES):
                    title = course.save()
                    _visit(program, request, tally, title=title)
                    _visit(self.hello, self._hello[0], hello)
                pairs.append((hello, tally))
                tick()
        return pairs

    def _drive(
        self,
        program: Program,
        requests: Requests,
        *,
        clients: int = 0,
        seconds: float = 0.0,
        is_once: bool = False,
    ) -> Tally:
        what = Round(
            program.port,
            requests,
            clients or self.effort.clients,
            seconds or self.effort.seconds,
            is_once,
        )
        before = program.processor_seconds
        tally = self._pool.submit(drive, what).result()
        tally.processor_seconds = program.processor_seconds - before
        return tally


def _visit(program: Program, request: bytes, tally: Tally, *, title: str = "") -> None:
    """Ask until the answer shows ``title``, and count the first that does."""
    for _ in looks():
        before, begun = program.processor_seconds, time.perf_counter()
        answer = ask(program.port, request)
        seconds = time.perf_counter() - begun
        if title in answer.text:
            tally.processor_seconds += program.processor_seconds - before
            tally.seconds += seconds
            tally.latencies.append(seconds)
            tally.body_bytes += len(answer.body)
            tally.statuses[answer.status] += 1
            return
    raise NothingToAsk("does not show a saved course")


def _problem(row: Row, tallies: list[Tally]) -> str:
    """Say what was answered that should not have been."""
    statuses = sum((tally.statuses for tally in tallies), start=type(tallies[0].statuses)())
    others = {status: number for status, number in statuses.items() if status != row.status}
    broken = sum(tally.broken for tally in tallies)
    said = [f"{number} × {status}" for status, number in sorted(others.items())]
    return ", ".join([*said, *([f"{broken} connections broken"] if broken else [])])
