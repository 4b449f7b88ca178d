"""Runs programs side by side, stops them together, and leaves none behind."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

TICK = 0.1  # seconds
STARTING = 60.0  # seconds that the programs have to become ready
STOPPING = 10.0  # seconds that they have to stop by themselves

type Programs = dict[str, subprocess.Popen[bytes]]


class ProgramEnded(Exception):
    """One of the programs ended by itself, or never became ready."""


def serve(
    commands: Mapping[str, Sequence[str]],
    *,
    stop: "Stop",
    is_ready: Callable[[], bool],
    announce: Callable[[], None],
) -> None:
    """Run the ``commands`` until ``stop`` is asked; ``announce`` them once they are ready.

    Raise ``ProgramEnded`` if one of them ends. All have ended when this returns or raises.
    """
    with _running(commands) as programs:
        _wait_until_ready(programs, stop, is_ready)
        if not stop.is_asked:
            announce()
        while not stop.wait(TICK):
            _raise_if_ended(programs)


class Stop:
    """Whether SIGINT, SIGTERM or SIGHUP has asked us to stop. A second one changes nothing.

    Not a ``threading.Event``: its lock may be held by the very wait that the signal interrupts,
    and then the handler would wait for ever.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self._interrupts = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Raise ``KeyboardInterrupt`` in what is under way, or at its end.

        It may come where an exception is ignored, such as in a finalizer.
        """
        self._interrupts = True
        try:
            yield
        finally:
            self._interrupts = False
        if self.is_asked:
            raise KeyboardInterrupt

    def wait(self, seconds: float) -> bool:
        """Wait; return whether we were asked to stop meanwhile."""
        time.sleep(seconds)
        return self.is_asked

    def _ask(self, *_: object) -> None:
        self.is_asked = True
        if self._interrupts:
            raise KeyboardInterrupt


@contextmanager
def _running(commands: Mapping[str, Sequence[str]]) -> Iterator[Programs]:
    programs: Programs = {}
    try:
        for name, command in commands.items():
            # In a session of its own: Ctrl-C is for us, and we stop them in good order.
            programs[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, start_new_session=True
            )
        yield programs
    finally:
        _stop(programs)


def _wait_until_ready(programs: Programs, stop: Stop, is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + STARTING
    while not stop.is_asked and not is_ready():
        _raise_if_ended(programs)
        if time.monotonic() > deadline:
            raise ProgramEnded(f"Nothing answered within {STARTING:.0f} seconds.")
        stop.wait(TICK)


def _raise_if_ended(programs: Programs) -> None:
    for name, program in programs.items():
        if (status := program.poll()) is not None:
            raise ProgramEnded(f"The {name} has ended by itself (status {status}).")


def _stop(programs: Programs) -> None:
    for program in programs.values():
        program.terminate()
    deadline = time.monotonic() + STOPPING
    for program in programs.values():
        try:
            program.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
