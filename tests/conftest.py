"""How the tests are shared out between processes: a file to each, and a dear folder to one."""

import os

import pytest
from django.db import connection
from xdist.scheduler import LoadScopeScheduling

# What is started for all tests of a folder: a demo and a browser, a deployment.
TOGETHER = ["tests/browser", "tests/deploy"]


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


def pytest_xdist_make_scheduler(config, log):
    """Deal out what shares something dear as a whole: a running demo, a large catalog."""
    return ByFolderOrFile(config, log)


class ByFolderOrFile(LoadScopeScheduling):
    """Gives each process the tests of a file at a time, or of a folder where all share much."""

    def _split_scope(self, nodeid):
        """Return where the test belongs."""
        file = nodeid.partition("::")[0]
        return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


@pytest.fixture(autouse=True)
def no_jobs_left(request):
    """Take away the jobs that a test has committed: they are no model's, so nobody empties them."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
