"""The servers that are measured: uvicorn, each with what it cost so far."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
from django.conf import settings

from project.benching.load import HOST

STARTING, STOPPING = 60.0, 15.0  # seconds


class DidNotStart(Exception):
    """A server ended, or said nothing for a minute."""


class Program:
    """A server that runs. ``seconds_to_start`` is the time until its first page."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.port = port
        self.pid = process.pid
        self.log = log
        self._process = process
        self._watched = psutil.Process(process.pid)
        begun = time.perf_counter()
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - begun > STARTING:
                raise DidNotStart(f"A server did not start. See {log}.")
            time.sleep(0.01)
        self.seconds_to_start = time.perf_counter() - begun

    @property
    def processor_seconds(self) -> float:
        """Return how long its processes have worked."""
        times = [process.cpu_times() for process in self._family]
        return sum(time.user + time.system for time in times)

    @property
    def megabytes(self) -> float:
        """Return how much memory its largest process holds."""
        return max(process.memory_info().rss for process in self._family) / 1e6

    @property
    def _family(self) -> list[psutil.Process]:
        return [self._watched, *self._watched.children(recursive=True)]


@contextmanager
def running(
    application: str,
    *,
    folder: Path,
    port: int = 0,
    workers: int = 1,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Program]:
    """Serve an application on loopback meanwhile."""
    port = port or free_port()
    log = folder / f"{application.split(':')[0]}.log"
    options = {
        "--app-dir": settings.BASE_DIR,
        "--host": HOST,
        "--port": port,
        "--workers": workers,
        "--log-level": "warning",
        "--timeout-graceful-shutdown": 3,
    }
    command = [sys.executable, "-m", "uvicorn", application, "--no-access-log"]
    command += [str(part) for pair in options.items() for part in pair]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, "SITE_URL": f"http://localhost:{port}", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Program(process, port, log)
    finally:
        process.terminate()
        try:
            process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    with closing(connection):
        try:
            connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
