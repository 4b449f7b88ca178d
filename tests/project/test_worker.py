"""The worker as a process: it outlives the database, and knows the letters of all rooms."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from project.embedded_postgres.folders import Home
from project.embedded_postgres.removal import remove

ROOT = Path(__file__).resolve().parents[2]
PAY = """
from checkout.settlement import settle
from tests.checkout.shop import create_order, create_payment, snapshot_of
payment = create_payment()
settle(payment.pk, snapshot_of(payment))
"""
SEND = "from project.mail import send_later; send_later(to='a@b.example', subject='{}', text='x')"


@pytest.fixture
def manage(tmp_path):
    """Return a function that starts a command on an embedded server of its own."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "ENV_FILE": os.devnull,
        "EMBEDDED_POSTGRES_DIR": str(tmp_path / "postgres"),
        "PYTHONUNBUFFERED": "1",
    }
    for name in ("DEMO", "EMAIL_URL", "DATABASE_URL", "STRIPE_SECRET_KEY"):
        environment.pop(name, None)

    def start(*arguments, **options):
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=environment, **options)

    yield start
    remove(tmp_path / "postgres")


def run(manage, *arguments):
    assert manage(*arguments, stdout=subprocess.DEVNULL).wait(timeout=60) == 0


def wait_for(text, log):
    deadline = time.monotonic() + 30
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@contextmanager
def working(manage, log):
    """Have a worker work meanwhile, and write down what it sends."""
    run(manage, "migrate", "-v0")
    with log.open("w") as output:
        worker = manage("worker", stdout=output, stderr=subprocess.STDOUT)
        try:
            yield worker
        finally:
            worker.terminate()
            worker.wait(timeout=40)


def test_worker_goes_on_after_the_server_was_killed(manage, tmp_path):
    log = tmp_path / "log"
    with working(manage, log) as worker:
        run(manage, "shell", "-v0", "-c", SEND.format("before"))
        wait_for("Subject: before", log)

        pid = (Home(tmp_path / "postgres").data / "postmaster.pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGKILL)
        time.sleep(3)
        run(manage, "shell", "-v0", "-c", SEND.format("after"))

        wait_for("Subject: after", log)
        assert worker.poll() is None


def test_worker_writes_the_letters_of_all_rooms(manage, tmp_path):
    """Nothing but its own start has told it how."""
    log = tmp_path / "log"
    with working(manage, log):
        run(manage, "shell", "-v0", "-c", PAY)

        wait_for("Subject: Your order No. 1001 at Lectern", log)
        wait_for("Thank you for your order.", log)
