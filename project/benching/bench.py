"""The bench as a whole: servers up, rows measured and counted, servers down."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from tqdm import tqdm

from project.benching import journey
from project.benching.counting import (
    ASKED,
    LOGGED,
    WARMED,
    OtherAnswer,
    queries,
    statements_of,
)
from project.benching.measuring import Effort, Measured, Measuring
from project.benching.programs import Program, running
from project.benching.rows import NothingToAsk, Row, Shop
from project.benching.saving import SavedCourse
from project.benching.starting import look_at_start
from project.benching.table import Table
from project.benching.waiting import wait_together

HELLO = "project.benching.hello:application"
SHOP = "project.asgi:application"
# The application of each server, and its settings.
SERVERS: dict[str, tuple[str, dict[str, str]]] = {
    "shop": (SHOP, {}),
    "watched": (SHOP, {"ORDER_WATCH": "1"}),
    "paid": ("project.benching.paid_shop:application", {}),
}


@dataclass(frozen=True)
class Plan:
    """What is to be measured, where files may be left, and where PostgreSQL writes its log."""

    rows: list[Row]
    effort: Effort
    workers: int
    folder: Path
    log: Path
    has_start: bool
    has_journey: bool
    waiting: int
    say: Callable[[str], object]

    @property
    def size(self) -> int:
        """How many steps the progress bar has."""
        steps = len(self.rows) * (self.effort.rounds + 1) + self.has_journey * journey.TIMES
        return steps + 2 * bool(self.waiting)


class Bench:
    """A plan on its way into a table."""

    def __init__(self, plan: Plan, table: Table) -> None:
        self.plan, self.table = plan, table
        self.bar: tqdm[Any] = tqdm(total=plan.size, unit="round", disable=None)

    def run(self) -> None:
        """Measure what is planned, and write it into the table."""
        if settings.STORAGES["staticfiles"]["BACKEND"].endswith("ManifestStaticFilesStorage"):
            call_command("collectstatic", interactive=False, verbosity=0)
        with self.bar:
            self._measure()
            # Once more for the queries, where PostgreSQL logs each of them.
            for server in SERVERS:
                mine = [row for row in self.table.rows if row.row.server == server]
                if mine:
                    with self._serving(server, LOGGED) as program:
                        self._count(mine, program)
            if self.plan.has_journey:
                self._buy()
            if self.plan.waiting:
                self._wait()

    def _measure(self) -> None:
        plan, table = self.plan, self.table
        with _load() as pool, running(HELLO, folder=plan.folder) as hello:
            measuring = Measuring(hello, pool, plan.effort)
            for server in SERVERS:
                # One after the other: each takes a core, and there may be no third.
                rows = [row for row in plan.rows if row.server == server]
                starts = plan.has_start and server == "shop"
                if not rows and not starts:
                    continue
                with self._serving(server, {}, workers=plan.workers) as program:
                    what = "the start" if starts else rows[0].name
                    plan.say(f"The server of {what} is process {program.pid}.")
                    if starts:
                        table.start = look_at_start(program, pool, clients=plan.effort.clients)
                    for row in rows:
                        self.bar.set_description(row.name)
                        table.rows.append(measuring.measure(row, program, tick=self.bar.update))
            table.rows.sort(key=lambda measured: plan.rows.index(measured.row))
            table.hello = measuring.greetings

    def _serving(
        self, server: str, environment: dict[str, str], *, workers: int = 1
    ) -> AbstractContextManager[Program]:
        application, own = SERVERS[server]
        return running(
            application,
            folder=self.plan.folder,
            environment=own | environment,
            workers=workers,
        )

    def _count(self, rows: list[Measured], program: Program) -> None:
        for measured in rows:
            self.bar.set_description(f"{measured.row.name}, queries")
            try:
                measured.statements = self._statements(measured.row, program)
            except (NothingToAsk, OtherAnswer) as error:
                measured.problem = measured.problem or str(error)
            measured.queries = len(queries(measured.statements))
            self.bar.update()

    def _statements(self, row: Row, program: Program) -> list[str]:
        requests = row.make(Shop(program.port), WARMED + ASKED)
        with ExitStack() as stack:
            before = stack.enter_context(SavedCourse()).save if row.follows_save else _nothing
            return statements_of(program, requests, self.plan.log, status=row.status, before=before)

    def _buy(self) -> None:
        self.bar.set_description("purchase")
        journey.make_tables()
        with running(SHOP, folder=self.plan.folder, environment=journey.SANDBOXED) as program:
            try:
                self.table.journey = journey.buy(program.port, tick=self.bar.update)
            except journey.LostTheWay as error:
                self.table.lost = str(error)

    def _wait(self) -> None:
        self.bar.set_description("waiting")
        with _load() as pool:
            self.table.waiting = wait_together(
                SHOP,
                self.plan.waiting,
                folder=self.plan.folder,
                pool=pool,
                tick=self.bar.update,
            )


@contextmanager
def _load() -> Iterator[ProcessPoolExecutor]:
    """Yield a process that drives, begun without anything of ours in it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


def _nothing() -> str:
    """Before most requests nothing happens, and so there is nothing new that they must show."""
    return ""
