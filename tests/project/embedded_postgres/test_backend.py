"""What Django, and other programs, see of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from project.embedded_postgres import PostgresUnavailable
from project.embedded_postgres.binaries import find_program, install_dir
from project.embedded_postgres.supervisor import INHERITED
from tests.project.embedded_postgres.people import ROOT, as_anybody

DATABASES = "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1"
CONNECT = "__import__('psycopg').connect(**connection.get_connection_params())"

DBSHELL = """
import sys
from django.conf import settings
from django.core.management import execute_from_command_line
options = {"data_dir": sys.argv[1], "linger": 0.1}
engine = {"ENGINE": "project.embedded_postgres", "NAME": "shop", "OPTIONS": options}
settings.configure(DATABASES={"default": engine})
sql = "SELECT title FROM course"
execute_from_command_line(["manage.py", "dbshell", "--", "--no-psqlrc", "--command", sql, "-At"])
"""


def run(*command, **environment):
    """Run Python in the checkout, with nothing of ours in its environment but what is given."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    environment = {**inherited, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True
    )


@as_anybody
def test_the_parameters_of_a_connection_are_complete(used_shop):
    client = used_shop.open()
    assert client.ask("sorted(connection.get_connection_params())") == [
        "client_encoding",
        "context",
        "cursor_factory",
        "dbname",
        "host",
        "port",
        "prepare_threshold",
        "user",
    ]
    titles = client.ask(f"{CONNECT}.execute('SELECT title FROM course').fetchall()")
    assert titles == [["Sextants"]]


@as_anybody
def test_settings_for_the_start_reach_the_server(used_shop):
    assert used_shop.query("SHOW fsync") == [["off"]]


@as_anybody
def test_no_setting_makes_it_listen_on_the_network(used_shop):
    options = {"server_options": {"listen_addresses": "*"}}
    assert used_shop.query("SHOW listen_addresses", **options) == [[""]]


@as_anybody
def test_a_log_that_has_grown_long_is_set_aside(used_shop):
    log = used_shop.home / "server.log"
    log.write_bytes(b"." * 1_000_001)
    used_shop.query("SELECT 1")

    assert (used_shop.home / "server.log.1").stat().st_size == 1_000_001
    assert "ready to accept connections" in log.read_text()


def test_django_makes_and_removes_the_database_for_tests_itself(used_shop):
    client = used_shop.open()
    assert client.ask("connection.creation.create_test_db(verbosity=0)") == "test_shop"
    assert client.query("SELECT current_database()") == [["test_shop"]]
    assert client.query(DATABASES) == [["postgres"], ["shop"], ["test_shop"]]

    client.ask("connection.creation.destroy_test_db('shop', verbosity=0)")
    client.ask("connection.settings_dict.update(NAME='test_shop')")
    assert 'database "test_shop" does not exist' in client.refusal("query('SELECT 1')")
    client.ask("connection.settings_dict.update(NAME='shop')")
    assert client.query(DATABASES) == [["postgres"], ["shop"]]


def test_commands_work_without_a_database_url(used_shop):
    somebody = used_shop.person.popen()
    somebody["env"]["PATH"] = "/nowhere"  # no other psql than ours
    answer = subprocess.run(
        [used_shop.person.python, "-c", DBSHELL, used_shop.data_dir],
        capture_output=True,
        text=True,
        **somebody,
    )
    assert answer.stdout == "Sextants\n", answer.stderr


def test_with_a_database_url_it_is_never_touched(tmp_path):
    folder = tmp_path / "postgres"
    code = """
import sys, django
django.setup()
from django.db import connection
try:
    connection.ensure_connection()
except django.db.OperationalError as error:
    print("nobody is there:", "nowhere" in str(error))
print(connection.settings_dict["ENGINE"])
print([name for name in sys.modules if "embedded" in name or "pgserver" in name])
"""
    answer = run(
        "-c",
        code,
        DJANGO_SETTINGS_MODULE="project.settings",
        DATABASE_URL="postgres://shop@%2Fnowhere/shop",
        SECRET_KEY="unguessable " * 5,
        EMBEDDED_POSTGRES_DIR=str(folder),
    )
    assert answer.stdout.splitlines()[-3:] == [
        "nobody is there: True",
        "django.db.backends.postgresql",
        "[]",
    ], answer.stderr
    assert not folder.exists()


def test_without_the_wheel_it_says_what_to_do():
    answer = run("-S", "-c", "from project.embedded_postgres.binaries import install_dir as i; i()")
    assert "PostgresUnavailable: There is no PostgreSQL to start. Set DATABASE_URL" in answer.stderr


def test_on_windows_it_says_what_to_do():
    code = """
import sys
import django.db.backends.postgresql.base
sys.platform = "win32"
import project.embedded_postgres.base
"""
    answer = run("-c", code)
    assert "ImproperlyConfigured: The embedded PostgreSQL does not run on Windows." in answer.stderr
    assert "DATABASE_URL" in answer.stderr


def test_a_program_is_the_wheels_or_that_of_the_path():
    assert find_program("pg_dump") == install_dir() / "bin" / "pg_dump"
    assert find_program("sh") == Path(shutil.which("sh"))
    with pytest.raises(PostgresUnavailable, match="pg_frobnicate is not installed"):
        find_program("pg_frobnicate")
