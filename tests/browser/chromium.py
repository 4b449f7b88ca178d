"""Finds a Chromium for the journeys, or says what to install."""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import Error, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    # Without these, Chromium calls home at every start, which closed networks refuse.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
]


def launch(playwright: Playwright):
    """Start Chromium: the one that ``CHROMIUM`` names, the machine's, or Playwright's own.

    Playwright's is installed if there is none. Raise ``RuntimeError`` with one sentence that says
    what to install if that is impossible.
    """
    if path := installed():
        return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    try:
        return playwright.chromium.launch(args=ARGUMENTS)
    except Error:
        _install()
    try:
        return playwright.chromium.launch(args=ARGUMENTS)
    except Error as error:
        raise RuntimeError(
            "The browser journeys need Chromium: install it (on Debian `apt-get install "
            "chromium`), or name one in the variable CHROMIUM."
        ) from error


def installed() -> str | None:
    """Return the path of the Chromium that ``CHROMIUM`` names, or of the machine's."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def _install() -> None:
    install = [sys.executable, "-m", "playwright", "install", "chromium-headless-shell"]
    subprocess.run(install, check=False, capture_output=True, timeout=300)
