"""Runs programs for a while, and leaves nothing behind of them."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress

import pytest

PATIENCE = 60  # seconds that a start may take on a machine that has other things to do


def free_port():
    while True:
        # Below those that the system gives to whoever asks for any: the test beside takes such.
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def require_caddy():
    if not shutil.which("caddy"):
        pytest.fail("There is no Caddy here: install Debian's package `caddy`.")


class Program:
    """A program in a process group of its own, and what it has said."""

    def __init__(self, command, *, log, stop_signal=signal.SIGTERM, **options):
        self.command, self.log, self.options = command, log, options
        self.stop_signal = stop_signal
        self.process = None

    def start(self):
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self.options,
            )

    @property
    def said(self):
        return self.log.read_text(errors="replace")

    def wait_until(self, is_ready):
        """Wait for ``is_ready``, which may raise ``OSError`` as long as nothing answers."""
        deadline = time.monotonic() + PATIENCE
        while not _holds(is_ready):
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{self.command[0]} does not work:\n{self.said[-4000:]}")
            time.sleep(0.05)

    def stop(self, *, within=15):
        """Ask it to stop as `docker stop` does; return whether it did so ``within`` seconds."""
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self):
        """Leave nothing of its group."""
        if self.process:
            self.stop(within=5)
            _kill_group(self.process)


@contextmanager
def running(command, *, log, **options):
    """Run a program while the block lasts."""
    program = Program(command, log=log, **options)
    try:
        program.start()
        yield program
    finally:
        program.end()


def wait_for(find, *, what):
    """Return what ``find`` finds, as soon as it does."""
    deadline = time.monotonic() + PATIENCE
    while not (found := find()):
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come within {PATIENCE} seconds.")
        time.sleep(0.05)
    return found


def run(command, **options):
    """Run a command to its end; fail with what it said if it fails."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )
    with process:
        try:
            said, _ = process.communicate(timeout=2 * PATIENCE)
        finally:
            _kill_group(process)
    if process.returncode:
        pytest.fail(f"{command} ended with {process.returncode}:\n{said[-4000:]}")
    return said


def _kill_group(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def _holds(condition):
    try:
        return condition()
    except OSError:
        return False
