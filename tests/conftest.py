"""How the tests are shared out between processes: a file to each, and a dear folder to one."""

import os

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase
from xdist.scheduler import LoadScopeScheduling

# What is started for all tests of a folder: a demo and a browser, a deployment.
TOGETHER = ["tests/browser", "tests/deploy"]

EMPTY = """
DO $$
DECLARE one regclass;
BEGIN
  FOR one IN
    SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
  LOOP
    EXECUTE format('DELETE FROM %s', one);
  END LOOP;
END $$
"""


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


@pytest.fixture(autouse=True, scope="session")
def tables_emptied_soon():
    """Empty what a test has committed to in milliseconds; Django's TRUNCATE takes half a second.

    It leaves what permissions need, and empties tables that are no model's as well.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty_tables())
        yield


def empty_tables():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
        cursor.execute(EMPTY)
