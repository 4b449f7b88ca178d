"""What a history is: what buyers, banks and staff do, and how the shop comes to hear of it.

It is written as one line of words, which is how a failing one is printed and replayed::

    cart=two sales=card after=part,bounce end=lost steps=deed,event0!7,page@3&check0
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from hypothesis import strategies as st

# What is ordered: one course, two of them, one with a seat to hand out, two of which one is given
# to the buyer while they pay, or two seats on one that are both to be handed out.
CARTS = ("one", "two", "seats", "owned", "gifts")
# Who orders: somebody signed in, or a visitor, whose order is claimed at some time, or at last.
BUYERS = ("person", "guest")
# What becomes of a session. A declined card leaves it open, and it expires.
SALES = (
    "card",
    "debit_succeeds",
    "debit_fails",
    "debit_waits",
    "declined",
    "declined_then_card",
    "expires",
    "more",
    "foreign",
)
BRINGS_MONEY = {"card", "debit_succeeds", "declined_then_card", "more", "foreign"}
# What is done at the gateway to the first charge, one after the other.
REFUNDS = (
    (),
    ("part",),
    ("whole",),
    ("part", "part"),
    ("part", "whole"),
    ("part", "bounce"),
    ("whole", "bounce"),
    ("part", "whole", "bounce"),
    ("warning", "whole"),
)
DISPUTES = (
    ("inquiry",),
    ("inquiry", "rest"),
    ("inquiry", "escalate", "win"),
    ("inquiry", "escalate", "lose"),
    ("dispute",),
    ("dispute", "win"),
    ("dispute", "lose"),
    ("dispute", "lose", "appeal"),
    ("part", "dispute", "win"),
    ("part", "dispute", "lose"),
    ("part", "bounce", "dispute", "lose"),
)
# What staff give back by themselves: a sum, a line with its access, or everything.
WISHES = ("-", "part", "line", "whole")
# What staff do in the end with an order that was paid with another amount.
VERDICTS = ("accept", "refund")
# How the rest is heard of: events come after all; they fail to come; they are lost on the way,
# and the gateway believes that they came.
ENDINGS = ("told", "lost", "swallowed")
TELLINGS = (
    "deed", "event", "event", "event", "page", "check", "step", "job", "staff", "day", "claim",
)  # fmt: skip
NUMBERED = {"event": 11, "check": 1, "step": 10}
LAST_STATEMENT = 45  # of the longest telling, about


@dataclass(frozen=True)
class Step:
    """One thing that happens. ``kill`` and ``pause`` count its statements and calls, from 1.

    At ``kill`` its process dies. At ``pause`` it waits while ``other`` is done by another worker,
    or until that waits for it.
    """

    kind: str
    number: int = 0
    kill: int = 0
    pause: int = 0
    other: "Step | None" = None

    def __str__(self) -> str:
        number = self.number if self.kind in NUMBERED else ""
        kill = f"!{self.kill}" if self.kill else ""
        other = f"@{self.pause}&{self.other}" if self.other else ""
        return f"{self.kind}{number}{kill}{other}"

    @classmethod
    def parse(cls, text: str) -> "Step":
        """Read what ``str`` wrote. Raise ``ValueError``."""
        first, _, second = text.partition("&")
        found = re.fullmatch(r"([a-z]+)(\d+)?(?:!(\d+))?(?:@(\d+))?", first)
        if found is None or found[1] not in TELLINGS:
            raise ValueError(f"“{text}” is no step of a history.")
        number, kill, pause = (int(digits or 0) for digits in found.groups()[1:])
        return cls(found[1], number, kill, pause, cls.parse(second) if second else None)


@dataclass(frozen=True)
class History:
    """All that happens to one order."""

    cart: str = "one"
    sales: tuple[str, ...] = ("card",)
    after: tuple[str, ...] = ()
    wish: str = "-"
    held: str = "refund"
    end: str = "told"
    buyer: str = "person"
    opening: int = 0
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        words = ((field.name, getattr(self, field.name)) for field in fields(self))
        return " ".join(f"{name}={_written(value)}" for name, value in words)

    @property
    def facts(self) -> "History":
        """The same, told by nobody: what it comes to must not depend on the telling."""
        return replace(self, end="swallowed", opening=0, steps=())

    @property
    def has_one_end(self) -> bool:
        """Whether the end may not depend on the order in which the shop hears of things.

        Where two sessions are paid, the first to be heard of buys the order, and what is then done
        to the charge of one of them hits the order or the surplus. Where the shop's own refunds
        (asked for, or of a course that was owned) and those made at the gateway compete for the
        same money, or meet a dispute, whichever comes first leaves less for the other.
        """
        own = self.wish != "-" or self.cart == "owned" or self.is_paid_twice
        return not (own and self.after)

    @property
    def is_paid_twice(self) -> bool:
        """Whether more than one session brings money."""
        return sum(sale in BRINGS_MONEY for sale in self.sales) > 1

    @classmethod
    def parse(cls, text: str) -> "History":
        """Read what ``str`` wrote. Raise ``ValueError``."""
        words = dict(word.partition("=")[::2] for word in text.split())
        unknown = words.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"A history has no “{unknown.pop()}”.")
        read: dict[str, Any] = {name: _read(name, value) for name, value in words.items()}
        return cls(**read)


def _written(value: Any) -> str:
    return (",".join(map(str, value)) or "-") if isinstance(value, tuple) else str(value)


def _read(name: str, value: str) -> Any:
    parts = () if value == "-" else tuple(value.split(","))
    if name == "steps":
        return tuple(Step.parse(part) for part in parts)
    if name == "opening":
        return int(value)
    return parts if name in ("sales", "after") else value


def histories() -> st.SearchStrategy[History]:
    """Return Hypothesis's strategy: all histories, the simplest first."""
    return st.composite(_draw)()


def _draw(draw: st.DrawFn) -> History:
    sales = tuple(draw(st.lists(st.sampled_from(SALES), min_size=1, max_size=2)))
    brings = sum(sale in BRINGS_MONEY for sale in sales)
    # Of an order that was paid twice and is disputed, only a person can say what is owed to whom.
    after = REFUNDS if brings > 1 else (*REFUNDS, *DISPUTES) if brings else ((),)
    return History(
        cart=draw(st.sampled_from(CARTS)),
        sales=sales,
        after=draw(st.sampled_from(after)),
        wish=draw(st.sampled_from(WISHES)),
        held=draw(st.sampled_from(VERDICTS)),
        end=draw(st.sampled_from(ENDINGS)),
        buyer=draw(st.sampled_from(BUYERS)),
        opening=draw(st.sampled_from((0, 0, 0, 5, 12, 20, 27, 33))),
        steps=tuple(draw(st.lists(_steps(), max_size=9))),
    )


def _steps() -> st.SearchStrategy[Step]:
    alone = st.builds(Step, _kinds(), _numbers())
    at = st.integers(1, LAST_STATEMENT)
    killed = st.builds(Step, _kinds(), _numbers(), kill=at)
    both = st.builds(Step, _kinds(), _numbers(), pause=at, other=alone)
    return st.one_of(alone, killed, both).map(_tidy)


def _kinds() -> st.SearchStrategy[str]:
    return st.sampled_from(TELLINGS)


def _numbers() -> st.SearchStrategy[int]:
    return st.integers(0, max(NUMBERED.values()))


def _tidy(step: Step) -> Step:
    """Leave out what means nothing: the gateway is not killed, and is not the shop's worker."""
    if step.kind == "deed":
        return Step("deed")
    limit = NUMBERED.get(step.kind, 0)
    other = step.other and _tidy(step.other)
    return Step(step.kind, step.number % (limit + 1), step.kill, step.pause, other)


def words_of(history: History) -> Iterator[str]:
    """Yield the words of a history, one a line, to be printed."""
    yield from str(history).split(" ")
