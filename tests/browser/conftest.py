"""The demo, as a new user starts it, and a real browser that looks at it.

Whatever a browser complains of fails the journey: a violation of the Content-Security-Policy, an
error of a page's script, or an error on its console.

The journeys that htmx matters most to are made with the one that the shop serves, and again with
htmx 4, in another shop; with ``--htmx next`` all of them are made with htmx 4 alone.
"""

import json
import re

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.chromium import launch
from tests.browser.npm import fetch
from tests.browser.shop import run_beside, running_demo

SERVED, NEXT = "htmx as served", "htmx.org@4.0.1"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SMALLEST = {"width": 320, "height": 640}

NOTE_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.effectiveDirective} blocked ${event.blockedURI}`);
});
"""


# Made once in an ordinary run, to keep it short; ``--htmx next`` makes these with htmx 4 as well.
only_as_served = pytest.mark.only_as_served


def pytest_generate_tests(metafunc):
    """Say with which htmx a journey is made."""
    if "demo" in metafunc.fixturenames:
        is_once = metafunc.definition.get_closest_marker("only_as_served")
        both = [SERVED] if is_once else [SERVED, NEXT]
        versions = {"both": both, "served": [SERVED], "next": [NEXT]}
        chosen = versions[metafunc.config.getoption("htmx")]
        metafunc.parametrize("demo", chosen, indirect=True, scope="package")


@pytest.fixture(scope="package")
def demo(request, tmp_path_factory):
    """Return the address of a demo that runs."""
    script = None if request.param == SERVED else fetch(request.param) / "dist/htmx.min.js"
    with running_demo(tmp_path_factory.mktemp("demo"), htmx_script=script) as address:
        yield address


@pytest.fixture(scope="package")
def shown(demo):
    """Return what ``tests/browser/states.py`` has made in the demo's database."""
    return json.loads(run_beside(demo, "-m", "tests.browser.states"))


@pytest.fixture(scope="package")
def chromium():
    """Return a running Chromium."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_browser(chromium, demo):
    """Return a function that opens a fresh browser profile; complaints fail the test.

    But for those that match what it ``accepts``, where a failure is what is looked at.
    """
    contexts, complaints = [], []

    def open_one(*, accepts="", **options):
        context = chromium.new_context(base_url=demo, **{"viewport": WIDE, **options})
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda message: _listen(message, complaints, accepts))
        if options.get("java_script_enabled", True):
            context.add_init_script(NOTE_VIOLATIONS)
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def see(open_browser, demo, shown):
    """Return a function that opens the page of a state, as whoever sees it."""

    def open_state(name, **options):
        page = open_browser(**options)
        there = shown["states"][name]
        for name in ("session", "preview"):
            if there[name]:
                cookie = {"name": name, "value": there[name], "url": str(demo)}
                page.context.add_cookies([cookie])
        page.goto(there["path"])
        return page

    return open_state


def _listen(message, complaints, accepts):
    """Note errors. A form or a page that we refuse with a 4xx is an answer, not an error.

    Nor is it one that a page is left while it still asks for something.
    """
    is_answer = re.search(r"the server responded with a status of 4(02|22)", message.text)
    is_left = re.match(r"htmx:(sendAbort|afterRequest)\b", message.text)
    is_accepted = accepts and re.search(accepts, message.text)
    is_page = message.page and message.location.get("url") == message.page.url
    if message.type == "error" and not (is_answer or is_left or is_page or is_accepted):
        complaints.append(f"{message.text} ({message.location.get('url')})")
