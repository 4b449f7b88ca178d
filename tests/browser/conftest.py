"""The demo, as a new user starts it, and a real browser that looks at it.

Whatever a browser complains of fails the journey: a violation of the Content-Security-Policy, an
error of a page's script, or an error on its console.

Every journey is made with the htmx that the shop serves, and again with htmx 4, in another shop.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from project.demo.address import settings_for
from project.embedded_postgres.removal import remove
from tests.browser.chromium import launch
from tests.browser.npm import fetch

ROOT = Path(__file__).resolve().parents[2]
SERVED, NEXT = "htmx as served", "htmx.org@4.0.1"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.effectiveDirective} blocked ${event.blockedURI}`);
});
"""


class Address(str):
    """Where the demo is, with the environment that it was started in."""

    def __new__(cls, url, environment):
        address = super().__new__(cls, url)
        address.environment = environment
        return address


@pytest.fixture(scope="package", params=[SERVED, NEXT])
def demo(request, tmp_path_factory):
    """Start ``manage.py demo`` on a free port with a database of its own; return its address."""
    home = tmp_path_factory.mktemp("demo")
    environment = _environment(home)
    if request.param != SERVED:
        environment["HTMX_SCRIPT"] = str(_alone(home, fetch(request.param) / "dist/htmx.min.js"))
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


# For what does not depend on the version of htmx.
only_as_served = pytest.mark.parametrize("demo", [SERVED], indirect=True, scope="package")


def _environment(home):
    """Return an environment in which nothing of the developer's own is left."""
    ours = ("STRIPE_", "DATABASE_URL", "DEMO", "EMAIL_URL", "SITE_URL", "HTMX_SCRIPT")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)} | {
        "EMBEDDED_POSTGRES_DIR": str(home / "postgres"),
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
    for _ in range(600):
        if found := re.search(r"open at (http://\S+)", log.read_text()):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"The demo did not start:\n{log.read_text()}")


@pytest.fixture(scope="package")
def shown(demo):
    """Return what ``tests/browser/states.py`` has made in the demo's database."""
    return json.loads(run_beside(demo, "-m", "tests.browser.states"))


def run_beside(demo, *arguments):
    """Run Python with the demo's settings and database; return what it prints."""
    host, port = re.search(r"http://(.+):(\d+)", demo).groups()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **settings_for(host, int(port), given={}), **demo.environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="package")
def chromium():
    """Return a running Chromium."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_browser(chromium, demo):
    """Return a function that opens a fresh browser profile; complaints fail the test."""
    contexts, complaints = [], []

    def open_one(**options):
        context = chromium.new_context(base_url=demo, **{"viewport": WIDE, **options})
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda message: _listen(message, complaints))
        if options.get("java_script_enabled", True):
            context.add_init_script(NOTE_VIOLATIONS)
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def _listen(message, complaints):
    """Note errors. A form or a page that we refuse with a 4xx is an answer, not an error."""
    is_answer = re.search(r"the server responded with a status of 4(02|22)", message.text)
    is_page = message.page and message.location.get("url") == message.page.url
    if message.type == "error" and not (is_answer or is_page):
        complaints.append(f"{message.text} ({message.location.get('url')})")
