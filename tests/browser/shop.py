"""The demo, as a new user starts it, with a database of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from project.demo.address import settings_for
from project.embedded_postgres.removal import remove

ROOT = Path(__file__).resolve().parents[2]
OURS = ("STRIPE_", "DATABASE_URL", "DEMO", "EMAIL_URL", "SITE_URL", "HTMX_SCRIPT")
PATIENCE = 180  # seconds that the demo has to open; machines that test are busy


class Address(str):
    """Where the demo is, with the environment that it was started in."""

    def __new__(cls, url, environment):
        address = super().__new__(cls, url)
        address.environment = environment
        return address


@contextmanager
def running_demo(home, *, htmx_script=None):
    """Run ``manage.py demo`` on a free port, with all that it keeps in ``home``; yield its address.

    With ``htmx_script``, the path of a script, it serves that htmx.
    """
    environment = _environment(home)
    if htmx_script:
        environment["HTMX_SCRIPT"] = str(_alone(home, htmx_script))
    with (home / "log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", "0"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Address(_address(process, home / "log"), environment)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=40)
            remove(home / "postgres")


def run_beside(demo, *arguments):
    """Run Python with the demo's settings and database; return what it prints."""
    host, port = re.search(r"http://(.+):(\d+)", demo).groups()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **settings_for(host, int(port), given={}), **demo.environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _environment(home):
    """Return an environment in which nothing of the developer's own is left."""
    return {k: v for k, v in os.environ.items() if not k.startswith(OURS)} | {
        "EMBEDDED_POSTGRES_DIR": str(home / "postgres"),
        "MEDIA_ROOT": str(home / "media"),
        "DEBUG": "0",
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "project.settings",
    }


def _alone(home, script):
    """Return a copy of a script in a folder of its own, which is served whole."""
    (home / "htmx").mkdir()
    return Path(shutil.copy(script, home / "htmx"))


def _address(process, log):
    """Return where the demo says that it is open."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if found := re.search(r"open at (http://\S+)", log.read_text()):
            return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"The demo did not start:\n{log.read_text()}")
