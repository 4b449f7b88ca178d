"""What was measured, as a table for people and as JSON for programs."""

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from project.benching.journey import Step
from project.benching.load import Tally
from project.benching.measuring import Effort, Measured
from project.benching.starting import MEGABYTES, SECONDS_TO_START, Start
from project.benching.waiting import Waiting

HEADS = ("", "req/s", "p50 ms", "p95 ms", "cpu ms", "queries", "bytes", "ratio", "demanded", "")
WIDE = 32  # letters of the first column


@dataclass
class Table:
    """What was measured, and how."""

    scale: str
    effort: Effort
    workers: int
    hello: list[Tally] = field(default_factory=list)
    rows: list[Measured] = field(default_factory=list)
    start: Start | None = None
    journey: list[Step] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    lost: str = ""  # why no purchase came to its end

    @property
    def falls_short(self) -> bool:
        """Whether anything is less than is demanded."""
        is_slow = self.start is not None and self.start.falls_short
        return is_slow or bool(self.lost) or any(row.falls_short for row in self.rows)

    @property
    def hello_rate(self) -> float:
        """How many requests a second the hello-world answered."""
        return median(tally.rate for tally in self.hello) if self.hello else 0.0

    @property
    def hello_ms(self) -> float:
        """Processor time of hello-world for each request, in milliseconds."""
        return self._each(sum(tally.processor_seconds for tally in self.hello))

    @property
    def load_ms(self) -> float:
        """Processor time of the load itself for each request of hello-world, in milliseconds."""
        return self._each(sum(tally.own_seconds for tally in self.hello))

    def _each(self, seconds: float) -> float:
        count = sum(tally.count for tally in self.hello)
        return seconds * 1000 / count if count else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "scale": self.scale,
            "effort": asdict(self.effort),
            "workers": self.workers,
            "hello_requests_per_second": round(self.hello_rate, 1),
            "hello_processor_ms": round(self.hello_ms, 3),
            "load_processor_ms": round(self.load_ms, 3),
            "rows": [row.as_json() for row in self.rows],
            "journey_ms": {step.title: round(step.milliseconds, 1) for step in self.journey},
            "journey_problem": self.lost,
            "waiting": [waiting.as_json() for waiting in self.waiting],
            "start": self.start.as_json() if self.start else None,
            "falls_short": self.falls_short,
        }

    def as_text(self) -> str:
        """Return it for people; Markdown shows it as a table as well."""
        lines = [HEADS, ("-" * WIDE, *("---:" for _ in HEADS[1:-1]), "---")]
        lines += [_cells(row) for row in self.rows]
        text = "\n".join("| " + " | ".join(_padded(cells)) + " |" for cells in lines)
        waiting = "\n".join(waiting.as_text() for waiting in self.waiting)
        return "\n\n".join(filter(None, [text, self._journey(), waiting, self._below()]))

    def statements(self) -> str:
        """Return what one request of each row asks of the database."""
        return "".join(
            f"-- {row.row.title}\n" + "".join(f"{asked}\n" for asked in row.statements) + "\n"
            for row in self.rows
        )

    def _journey(self) -> str:
        """Say how long a purchase takes, step by step."""
        if self.lost:
            return f"The purchase falls short. {self.lost}"
        steps = [f"{step.title.lower()} {step.milliseconds:.0f}" for step in self.journey]
        total = sum(step.milliseconds for step in self.journey)
        return f"A purchase takes {total:.0f} ms: {', '.join(steps)}." if steps else ""

    def _below(self) -> str:
        clients = f"{self.effort.clients} clients, {self.workers} worker" + "s" * (self.workers > 1)
        said = [
            f"{self.scale}; {clients}. Hello-world: {self.hello_rate:.0f} requests a second, "
            f"{self.hello_ms:.2f} ms of a processor each, and {self.load_ms:.2f} ms of another one "
            f"for the load itself."
        ]
        if self.start:
            start = self.start
            said += [
                f"First page {start.seconds:.1f} s after the start "
                f"(at most {SECONDS_TO_START:.0f}), {start.megabytes:.0f} MB after a thousand "
                f"requests (at most {MEGABYTES:.0f}), "
                f"stripe {'imported' if start.imports_stripe else 'not imported'} at the start"
                f"{': falls short' if start.falls_short else ''}."
            ]
        short = [row.row.name for row in self.rows if row.falls_short]
        said += [f"Falls short: {', '.join(short)}."] if short else ["No row falls short."]
        return "\n".join(said)


def _cells(measured: Measured) -> tuple[str, ...]:
    row = measured.row
    return (
        f"{row.title} ({row.name})" if len(row.title) + len(row.name) < WIDE - 2 else row.title,
        f"{measured.rate:.0f}",
        f"{measured.p50:.1f}",
        f"{measured.p95:.1f}",
        f"{measured.processor:.2f}",
        f"{measured.queries} ≤ {row.queries}",
        f"{measured.size:,}",
        f"{measured.ratio:.2f}",
        f"{row.ratio:g}",
        measured.problem or ("falls short" if measured.falls_short else ""),
    )


def _padded(cells: tuple[str, ...]) -> list[str]:
    first, *others = cells
    return [first.ljust(WIDE), *(cell.rjust(8) for cell in others)]
