"""How the tests are shared out between processes: a file to each, and a dear folder to one."""

import os
from pathlib import Path

import pytest
from django.db import connection

# What is started for all tests of a folder: a demo and a browser, a deployment.
TOGETHER = [Path(__file__).parent / name for name in ("browser", "deploy")]


def pytest_addoption(parser):
    """Let one choose what an ordinary run makes once: with which htmx, and as whom."""
    parser.addoption(
        "--htmx",
        choices=["both", "served", "next"],
        default="both",
        help="which htmx the browser runs: the served one, the next, or both (some journeys once)",
    )
    parser.addoption(
        "--everybody",
        action="store_true",
        help="as root, try the embedded server as root and as an ordinary user, not as the latter",
    )


def pytest_xdist_auto_num_workers():
    """Begin one process more than there are processors: some wait for a browser or a clock."""
    return (os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()) + 1


def pytest_itemcollected(item):
    """Keep together what shares something that is dear: a running demo, a large catalog.

    At once, for xdist reads the groups before any hook of ours that looks at all items together.
    """
    place = next((folder for folder in TOGETHER if item.path.is_relative_to(folder)), item.path)
    item.add_marker(pytest.mark.xdist_group(str(place)))


@pytest.fixture(autouse=True)
def no_jobs_left(request):
    """Take away the jobs that a test has committed: they are no model's, so nobody empties them."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
