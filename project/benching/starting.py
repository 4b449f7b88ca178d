"""How the shop starts, and what it holds once it is at work."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any

from django.conf import settings

from project.benching.load import Round, drive
from project.benching.programs import Program
from project.benching.rows import (
    Shop,
    cart_panel,
    catalog,
    catalog_signed_in,
    course_pages,
    lessons,
    searches,
)

SECONDS_TO_START = 3.0
MEGABYTES = 130.0  # after the first thousand requests
REQUESTS = 1000
KINDS: tuple[Callable[[Shop, int], list[bytes]], ...] = (
    catalog,
    catalog_signed_in,
    course_pages,
    searches,
    cart_panel,
    lessons,
)
SLOW = "stripe"  # to be imported when it is needed, and not before


@dataclass(frozen=True)
class Start:
    """How long until the first page, how much memory, and whether it imports what it need not."""

    seconds: float
    megabytes: float
    imports_stripe: bool

    @property
    def falls_short(self) -> bool:
        """Whether it is slower or larger than is demanded."""
        is_large = self.megabytes > MEGABYTES
        return self.seconds > SECONDS_TO_START or is_large or self.imports_stripe

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            **asdict(self),
            "seconds_at_most": SECONDS_TO_START,
            "megabytes_at_most": MEGABYTES,
            "falls_short": self.falls_short,
        }


def look_at_start(program: Program, pool: Executor, *, clients: int) -> Start:
    """Send a shop that was just started its first thousand requests, of all kinds."""
    requests = [cycle(make(Shop(program.port), 1)) for make in KINDS]
    mixed = [next(kind) for kind in islice(cycle(requests), REQUESTS)]
    what = Round(program.port, mixed, clients, seconds=300, is_once=True)
    pool.submit(drive, what).result()
    return Start(
        seconds=round(program.seconds_to_start, 2),
        megabytes=round(program.megabytes, 1),
        imports_stripe=_imports_at_start(SLOW),
    )


def _imports_at_start(module: str) -> bool:
    look = f"import sys, project.asgi; sys.exit({module!r} in sys.modules)"
    return bool(subprocess.run([sys.executable, "-c", look], cwd=settings.BASE_DIR).returncode)
