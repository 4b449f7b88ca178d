"""The proof itself: Hypothesis invents histories, each is played, and what must be true is checked.

A history that fails is shrunk to the smallest one that still does.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import FlakyFailure

from checkout.gateways.stripe import spoken_through
from checkout.proving import shop as shops
from checkout.proving.ends import differences, end_of
from checkout.proving.histories import History, histories
from checkout.proving.invariants import INVARIANTS
from checkout.proving.wire import Wire
from checkout.proving.world import Restless, World

SAME_END = "the same facts end alike, told in any order or by nobody"
COMES_TO_REST = "the books come to rest"
NOTHING_ELSE = "nothing is raised that nobody expects"
NAMES = (*INVARIANTS, SAME_END, COMES_TO_REST, NOTHING_ELSE)

type Watch = Callable[[], object]


class Violation(Exception):
    """An invariant that does not hold."""

    def __init__(self, invariant: str, details: str) -> None:
        super().__init__(f"{invariant}: {details}")
        self.invariant = invariant
        self.details = details


@dataclass
class Verdict:
    """What the proof came to: how often each invariant was checked, and what broke one."""

    seed: int
    histories: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    history: History | None = None
    violation: Violation | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return self.violation is None


class Prover:
    """Plays histories in one scratch database."""

    def __init__(self, seed: int, watch: Watch) -> None:
        self.verdict = Verdict(seed)
        self._watch = watch
        self._shop = shops.furnish()
        self._workers = ThreadPoolExecutor(1)
        self._ends: dict[History, dict[str, Any]] = {}

    def close(self) -> None:
        """Let the second worker and its connection go."""
        self._workers.submit(lambda: connection.close()).result()  # the worker’s own
        self._workers.shutdown()

    def check(self, history: History) -> None:
        """Play a history and check everything. Raise ``Violation``."""
        self.verdict.histories += 1
        self._watch()
        try:
            self._check_end(history, self._play(history))
        except Violation as violation:
            self._note(history, violation)
            raise

    def _note(self, history: History, violation: Violation) -> None:
        """Keep the smallest: what depends on two threads may not fail again while it is shrunk."""
        known = self.verdict.history
        if known is None or len(str(history)) <= len(str(known)):
            self.verdict.history, self.verdict.violation = history, violation

    def _check_end(self, history: History, end: dict[str, Any]) -> None:
        if not history.has_one_end:
            return
        self.verdict.checks[SAME_END] += 1
        facts = history.facts
        if facts not in self._ends:
            self._ends[facts] = self._play(facts)
        if found := list(differences(end, self._ends[facts])):
            raise Violation(SAME_END, "; ".join(found))

    def _play(self, history: History) -> dict[str, Any]:
        shops.clear()
        world = World(history, self._shop, self._workers)
        self.verdict.checks.update((COMES_TO_REST, NOTHING_ELSE))
        try:
            world.live()
        except Restless as error:
            raise Violation(COMES_TO_REST, str(error)) from error
        except Exception as error:
            raise Violation(NOTHING_ELSE, _where(error)) from error
        for name, invariant in INVARIANTS.items():
            self.verdict.checks[name] += 1
            world.order.refresh_from_db()
            if found := list(invariant(world.order)):
                raise Violation(name, "; ".join(found))
        return end_of(world.order)


def prove(*, count: int, seed: int, shrinks: bool = True, watch: Watch = lambda: None) -> Verdict:
    """Try ``count`` random histories, and stop at the first that breaks an invariant.

    It is shrunk, which takes a while, unless only that it breaks is of interest.
    """

    @seeded(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
    )
    @given(histories())
    def try_all(history: History) -> None:
        prover.check(history)

    with _prover(seed, watch) as prover, suppress(Violation, FlakyFailure):
        try_all()  # what it raises, the verdict has
    return prover.verdict


def replay(history: History, *, watch: Watch = lambda: None) -> Verdict:
    """Play one history, and say what of it breaks."""
    with _prover(0, watch) as prover, suppress(Violation):  # the verdict has it
        prover.check(history)
    return prover.verdict


def _where(error: Exception) -> str:
    """Say what was raised, and in which of our lines."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if str(django_settings.BASE_DIR) in frame.filename]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in ours[-4:]]
    return f"{error!r} ({' > '.join(places)})"


@contextmanager
def _prover(seed: int, watch: Watch) -> Iterator[Prover]:
    with spoken_through(Wire()):
        prover = Prover(seed, watch)
        try:
            yield prover
        finally:
            prover.close()
