"""Each process of the server keeps to a core of its own, while there are enough of them."""

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from uuid import uuid4

import pytest
from django.conf import settings

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs Linux, and two cores",
)

# Says where it and a thread that it starts later may work, and stays until it is told to go.
KEEP = r"""
import os, sys, threading
from project import one_core
one_core._NAME = "\0" + sys.argv[1]
os.sched_setaffinity(0, {int(core) for core in sys.argv[2].split(",")})
one_core.keep_to_one_core()
seen = []
thread = threading.Thread(target=lambda: seen.append(os.sched_getaffinity(0)))
thread.start()
thread.join()
assert seen == [os.sched_getaffinity(0)]
print(*sorted(os.sched_getaffinity(0)), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def cores():
    return sorted(os.sched_getaffinity(0))[:2]


@pytest.fixture
def keeping(cores):
    """Start processes that know of each other, and of no server that runs beside the tests."""
    told = [sys.executable, "-c", KEEP, f"{uuid4()}-{{}}"]

    @contextmanager
    def keep(*, on=cores):
        process = subprocess.Popen(
            [*told, ",".join(map(str, on))],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            yield [int(core) for core in process.stdout.readline().split()]
            process.stdin.close()
        assert process.returncode == 0

    return keep


def test_each_process_takes_a_core_and_who_finds_none_goes_anywhere(keeping, cores):
    with ExitStack() as stack:
        first, second, third = (stack.enter_context(keeping()) for _ in range(3))

    assert [first, second, third] == [cores[1:], cores[:1], cores]


def test_core_is_free_again_when_its_process_ends(keeping, cores):
    with keeping() as taken:
        assert taken == cores[1:]
    with keeping() as taken_again:
        assert taken_again == cores[1:]


def test_process_with_one_core_leaves_it_to_others(keeping, cores):
    with keeping(on=cores[:1]) as alone, keeping(on=cores[:1]) as another:
        assert alone == another == cores[:1]
