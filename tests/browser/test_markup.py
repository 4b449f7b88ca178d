"""The W3C's checker finds nothing: in any page, in any state, nor in what htmx is sent of it."""

import json
import shutil
import subprocess
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import Request, urlopen

import pytest

from tests.browser.conftest import only_as_served
from tests.browser.names import STATES
from tests.browser.npm import fetch

pytestmark = [pytest.mark.browser, only_as_served]

# htmx's own attributes are not HTML, by choice. And a role that says what the element says already
# is for Safari, which takes a list for something else when its bullets are taken away.
BY_CHOICE = r".*Attribute .hx-.*|.*The .list. role is unnecessary.*"
SHELL = '<!doctype html><html lang="en"><head><title>Part</title></head><body>{}</body></html>'


def checked(folder):
    """Return what the checker says of all files in the folder, with one start of Java."""
    if not shutil.which("java"):
        pytest.fail("The W3C checker needs Java: install it (`default-jre-headless`).")
    checker = fetch("vnu-jar@26.9.27") / "build/dist/vnu.jar"
    command = ["java", "-jar", checker, "--format", "json", "--filterpattern", BY_CHOICE, folder]
    said = subprocess.run(command, capture_output=True, text=True, timeout=180)
    return [
        f"{unquote(message['url'].rpartition('/')[2])}: {message['message']} {message['extract']}"
        for message in json.loads(said.stderr)["messages"]
    ]


def html_of(demo, state, **headers):
    """Return what the server sends of a state."""
    cookie = {"Cookie": f"session={state['session']}"} if state["session"] else {}
    request = Request(f"{demo}{state['path']}", headers={**cookie, **headers})
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.read().decode()
    except HTTPError as error:
        return error.read().decode()


def test_checker_finds_nothing_in_pages(demo, shown, tmp_path):
    pages = {name: html_of(demo, shown["states"][name]) for name in STATES}
    pages |= {f"error {status}": html for status, html in shown["errors"].items()}
    for name, html in pages.items():
        (tmp_path / f"{name}.html").write_text(html)

    assert checked(tmp_path) == []


def test_checker_finds_nothing_in_fragments(demo, shown, tmp_path):
    asks = {"HX-Request": "true"}
    for name in STATES:
        html = html_of(demo, shown["states"][name], **asks)
        if "<html" in html or "<" not in html:
            continue  # an account page, which htmx does not ask for, or a few words
        # A fragment that replaces the stage brings the title of its page along.
        title, _, rest = html.strip().rpartition("</title>")
        part = rest if title else html
        # What is less than a stage stands below the heading of the page that it comes into.
        heading = "" if 'id="stage"' in part else "<h1>A page</h1>"
        (tmp_path / f"{name}.html").write_text(SHELL.format(heading + part))

    assert checked(tmp_path) == []
