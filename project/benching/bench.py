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

from project.benching.counting import ASKED, WARMED, counted, queries, statements_of
from project.benching.measuring import Effort, Measured, Measuring
from project.benching.programs import Program, running
from project.benching.rows import Row, Shop
from project.benching.saving import SavedCourse
from project.benching.starting import look_at_start
from project.benching.table import Table

HELLO = "project.benching.hello:application"
APPLICATIONS = {
    "shop": "project.asgi:application",
    "paid": "project.benching.paid_gateway:application",
}


@dataclass(frozen=True)
class Plan:
    """What is to be measured, where files may be left, and where PostgreSQL writes its log."""

    rows: list[Row]
    effort: Effort
    workers: int
    folder: Path
    log: Path
    is_whole: bool
    say: Callable[[str], object]


def measure(plan: Plan, table: Table) -> None:
    """Measure what is planned, and write it into the table."""
    if settings.STORAGES["staticfiles"]["BACKEND"].endswith("ManifestStaticFilesStorage"):
        call_command("collectstatic", interactive=False, verbosity=0)
    # Twice: once for speed, and once for the queries, where each statement is logged.
    total = len(plan.rows) * (plan.effort.rounds + 1)
    with tqdm(total=total, unit="round", disable=None) as bar:
        with _load() as pool, running(HELLO, folder=plan.folder) as hello, ExitStack() as stack:
            measuring = Measuring(hello, pool, plan.effort)
            programs: dict[str, Program] = {}
            if plan.is_whole:
                programs["shop"] = stack.enter_context(_serving("shop", plan))
                table.start = look_at_start(programs["shop"], pool, clients=plan.effort.clients)
            for row in plan.rows:
                bar.set_description(row.name)
                if row.server not in programs:
                    programs[row.server] = stack.enter_context(_serving(row.server, plan))
                    plan.say(f"The server of {row.name} is process {programs[row.server].pid}.")
                table.rows.append(measuring.measure(row, programs[row.server], tick=bar.update))
            table.hello = measuring.greetings
        for server in APPLICATIONS:
            mine = [measured for measured in table.rows if measured.row.server == server]
            if mine:
                _count(mine, APPLICATIONS[server], plan, bar)


@contextmanager
def _load() -> Iterator[ProcessPoolExecutor]:
    """Yield a process that drives, begun without anything of ours in it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


def _serving(server: str, plan: Plan) -> AbstractContextManager[Program]:
    return running(APPLICATIONS[server], folder=plan.folder, workers=plan.workers)


def _count(rows: list[Measured], application: str, plan: Plan, bar: "tqdm[Any]") -> None:
    with counted(application, folder=plan.folder) as program:
        for measured in rows:
            row = measured.row
            bar.set_description(f"{row.name}, queries")
            if measured.problem:
                continue
            requests = row.make(Shop(program.port), WARMED + ASKED)
            with SavedCourse() as course:
                before = course.save if row.follows_save else _nothing
                measured.statements = statements_of(program, requests, plan.log, before=before)
            measured.queries = len(queries(measured.statements))
            bar.update()


def _nothing() -> None:
    """Before most requests nothing happens."""
