"""``manage.py demo``, run as people run it: a real process, with a real browserless visitor."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.db import connection

from catalog.models import Course
from project.accounts.models import User
from project.demo import preparation, serving
from project.demo.address import CannotListen, reserve_port, settings_for
from project.embedded_postgres.folders import Home

OURS = ("DEMO", "SITE_URL", "ALLOWED_HOSTS", "EMAIL_URL", "LOG_LEVEL", "STRIPE_API_BASE")
PATIENCE = 120  # seconds
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('ready', flush=True); time.sleep(60)"
)


class Demo:
    """A demo that runs, from its first line to its welcome."""

    def __init__(self, home, *arguments, **environment):
        self.process = subprocess.Popen(
            [sys.executable, settings.BASE_DIR / "manage.py", "demo", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=surroundings(home, **environment),
        )
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                break
        opened = re.search(r"open at (http://localhost:\d+)", self.said)
        assert opened, self.said
        self.url = opened[1]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop(signal.SIGTERM)

    @property
    def programs(self):
        """The processes that the demo has started, by their numbers."""
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
        pairs = [map(int, line.split()) for line in listed.stdout.splitlines()]
        return [pid for pid, parent in pairs if parent == self.process.pid]

    def stop(self, number):
        """Signal it, and return its exit status and last words."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.said += rest
        return self.process.returncode, rest.splitlines()[-1]


class Visitor:
    """Somebody with cookies and no JavaScript."""

    def __init__(self):
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, url):
        with self.opener.open(url, timeout=PATIENCE) as response:
            return response.read().decode()

    def fill_in(self, url, **fields):
        """Send the form of a page, and return where that leads and what is there."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(url))[1]
        data = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        with self.opener.open(url, data, timeout=PATIENCE) as response:
            return response.url, response.read().decode()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder for the database. What it holds outlives each demo, as it does for people."""
    folder = tmp_path_factory.mktemp("demo")
    yield folder
    # Root's servers live elsewhere, where pytest does not tidy up.
    server = Home(folder)
    wait_for(lambda: not (server.data / "postmaster.pid").exists())
    shutil.rmtree(server.path, ignore_errors=True)


def surroundings(home, **environment):
    """Return the environment of somebody who has just cloned the project."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "EMBEDDED_POSTGRES_DIR": str(home),
        "DATABASE_URL": "",
        "STRIPE_SECRET_KEY": "",
        **environment,
    }


def run_demo(home, *arguments, **environment):
    """Run a demo that is expected to refuse."""
    return subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", "demo", *arguments],
        env=surroundings(home, **environment),
        capture_output=True,
        text=True,
        timeout=60,
    )


def wait_for(look):
    """Return what ``look`` finds, as soon as it finds anything."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError("It never came.")


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def mailed_code(visitor, demo):
    page = visitor.get(f"{demo.url}/demo/mailbox/")
    return re.search(r'class="mail-code">(.*?)<', page)


def test_demo_opens_mails_codes_keeps_its_data_ends_and_begins_anew(home):
    visitor = Visitor()
    with Demo(home) as demo:
        assert "Bread from Scratch" in visitor.get(demo.url)

        visitor.fill_in(f"{demo.url}/accounts/login/", login="learner@example.com")
        code = wait_for(lambda: mailed_code(visitor, demo))[1]
        url, page = visitor.fill_in(f"{demo.url}/accounts/login/code/confirm/", code=code)
        assert url == f"{demo.url}/"
        assert "Signed in as Lee Learner." in page

        programs = demo.programs
        assert len(programs) == 3
        assert demo.stop(signal.SIGINT) == (0, "Stopped.")
        assert [pid for pid in programs if is_alive(pid)] == []
        assert f"Mail for learner@example.com: Your code for Lectern  {code}" in demo.said
        assert "ERROR" not in demo.said
        assert "Launching" not in demo.said

    with Demo(home) as demo:
        assert "Importing" not in demo.said
        assert mailed_code(visitor, demo)[1] == code
        assert "learner@example.com" in visitor.get(f"{demo.url}/accounts/email/")
        programs = demo.programs
        os.kill(max(programs), signal.SIGKILL)
        rest, _ = demo.process.communicate(timeout=PATIENCE)
        assert demo.process.returncode == 1
        assert "The job worker has ended by itself (status -9). The demo has stopped." in rest
        assert [pid for pid in programs if is_alive(pid)] == []

    with Demo(home, "--reset") as demo:
        assert "Importing the courses" in demo.said
        assert "Nothing yet." in visitor.get(f"{demo.url}/demo/mailbox/")
        assert "Bread from Scratch" in visitor.get(demo.url)
        programs = demo.programs
        assert demo.stop(signal.SIGTERM) == (0, "Stopped.")
        assert [pid for pid in programs if is_alive(pid)] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_can_be_stopped_while_it_prepares(home, number):
    process = subprocess.Popen(
        [sys.executable, settings.BASE_DIR / "manage.py", "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=surroundings(home),
    )
    assert process.stdout.readline() == "Preparing the database\n"

    process.send_signal(number)

    assert process.communicate(timeout=PATIENCE)[0] == "\nStopped.\n"
    assert process.returncode == 0


def test_demo_says_that_its_port_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = run_demo(tmp_path, "--port", str(port))

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"CommandError: Port {port} is taken by another program.")
    assert "Traceback" not in refused.stderr


def test_demo_refuses_a_live_key(tmp_path):
    refused = run_demo(tmp_path, "--port", "0", STRIPE_SECRET_KEY="sk_live_0")

    assert refused.returncode == 1
    assert "is a live key, and the demo never takes real money" in refused.stderr
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("localhost", -1, "There is no port -1"),
        ("localhost", 65536, "There is no port 65536"),
        ("nowhere.invalid", 0, "nowhere.invalid is not an address of this machine"),
        ("192.0.2.7", 0, "192.0.2.7 is not an address of this machine"),
    ],
)
def test_place_where_nothing_can_listen_is_refused_in_words(host, port, reason):
    with pytest.raises(CannotListen, match=reason):
        reserve_port(host, port)


@pytest.fixture
def named_database(settings):
    """A database that ``DATABASE_URL`` names."""
    settings.IS_LOCAL = False


@pytest.mark.django_db
def test_reset_never_empties_a_database_that_is_named(named_database):
    User.objects.create_user("ada@example.com")

    with pytest.raises(preparation.RefusedToPrepare, match="remove DATABASE_URL"):
        preparation.prepare(print, reset=True)

    assert User.objects.exists()


@pytest.mark.django_db
def test_demo_never_opens_a_real_shop(named_database):
    """Its mailbox would let anybody sign in as anybody."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'demo'")
    User.objects.create_user("ada@example.com")

    with pytest.raises(preparation.RefusedToPrepare, match="not the demo"):
        preparation.prepare(print)

    assert not Course.objects.exists()
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("host", "given", "site_url", "allowed_hosts"),
    [
        ("localhost", {}, "http://localhost:8001", "localhost,127.0.0.1,[::1]"),
        ("::1", {}, "http://[::1]:8001", "localhost,127.0.0.1,[::1]"),
        ("0.0.0.0", {}, "http://localhost:8001", "*"),
        ("192.0.2.7", {}, "http://192.0.2.7:8001", "localhost,127.0.0.1,[::1],192.0.2.7"),
        (
            "localhost",
            {"SITE_URL": "https://demo.example.com"},
            "https://demo.example.com",
            "localhost,127.0.0.1,[::1],demo.example.com",
        ),
        (
            "0.0.0.0",
            {"SITE_URL": "http://box:8001", "ALLOWED_HOSTS": "box"},
            "http://box:8001",
            "box",
        ),
    ],
)
def test_settings_follow_from_where_it_listens(host, given, site_url, allowed_hosts):
    wanted = settings_for(host, 8001, given=given)

    assert wanted == {
        "DEMO": "1",
        "SITE_URL": site_url,
        "ALLOWED_HOSTS": allowed_hosts,
        "EMAIL_URL": "",
        "LOG_LEVEL": "WARNING",
    }


def test_port_zero_takes_a_free_one_and_a_taken_one_is_refused():
    port = reserve_port("localhost", 0)
    assert 1024 <= port <= 65535
    assert reserve_port("localhost", port) == port

    with socket.create_server(("127.0.0.1", port)), pytest.raises(CannotListen):
        reserve_port("localhost", port)


def test_program_that_does_not_stop_is_killed(monkeypatch):
    monkeypatch.setattr(serving, "STOPPING", 0.2)
    command = [sys.executable, "-c", STUBBORN]

    with serving._running({"stubborn": command}) as programs:
        time.sleep(0.5)
        program = programs["stubborn"]

    assert program.returncode == -signal.SIGKILL


def test_nothing_is_left_when_a_program_cannot_be_started():
    with (
        pytest.raises(FileNotFoundError),
        serving._running({"one": [sys.executable, "-c", STUBBORN], "two": ["/no/such/program"]}),
    ):
        pytest.fail("It was not started.")


def test_check_for_deployment_warns_of_the_demo():
    found = run_checks(include_deployment_checks=True, tags=["security"])

    assert "demo.W001" in [message.id for message in found]
