"""One purchase from the catalog to the first lesson, step by step, as a browser without scripts.

The gateway is the sandbox in the shop's own process, so that the times are those of both.
"""

import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from secrets import token_hex
from statistics import median
from urllib.parse import urljoin

import requests
from django.conf import settings
from django.urls import reverse

from project.benching.people import newest_courses
from project.benching.wire import BROWSER

# The sandbox takes the place of Stripe where there is no key.
SANDBOXED = {
    "DEMO": "1",
    "STRIPE_SECRET_KEY": "",
    "STRIPE_API_BASE": "",
    "STRIPE_WEBHOOK_SECRET": "",
}
CARD = {"number": "4242424242424242", "expiry": "12 / 34", "cvc": "123", "name": "Ada Lovelace"}
TIMES = 5
LESSON = re.compile(r'href="(/library/[^"/]+/[^"/]+/)"')


class LostTheWay(Exception):
    """A step of the purchase was not answered as it should be."""


@dataclass(frozen=True)
class Step:
    """A step, and the milliseconds that it takes."""

    title: str
    milliseconds: float


def make_tables() -> None:
    """Make the tables of the sandbox, which the shop itself does not have."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity=0"]
    subprocess.run(command, env={**os.environ, **SANDBOXED}, check=True)


def buy(port: int, *, tick: Callable[[], object]) -> list[Step]:
    """Buy a course several times over, each time as somebody else; return the median steps."""
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(TIMES):
        with requests.Session() as http:
            _Buyer(http, f"http://localhost:{port}", times).buy()
        tick()
    return [Step(title, median(taken) * 1000) for title, taken in times.items()]


class _Buyer:
    """Somebody without an account, whose address nobody has bought with: that is counted."""

    def __init__(self, http: requests.Session, site: str, times: dict[str, list[float]]) -> None:
        self.http, self.site, self.times = http, site, times
        self.email = f"ada-{token_hex(8)}@example.com"
        http.headers.update(BROWSER)

    def buy(self) -> None:
        course = newest_courses(1)[0]
        cart = self.site + reverse("checkout:cart")
        self._get("Catalog", self.site)
        self._get("Course page", self.site + course.get_absolute_url())
        self._post("Into the cart", reverse("checkout:cart_items"), {"course": course.slug})
        form = hidden_fields(self._get("Cart", cart), reverse("checkout:start"))
        pay_page = self._post("Check out", reverse("checkout:start"), {**form, "email": self.email})
        self._get("Page of the gateway", pay_page)
        order = self._post("Pay, and the webhook", pay_page, {**CARD, "email": self.email})
        found = LESSON.search(self._get("Order, unlocked", order))
        if found is None:
            raise LostTheWay("The order's page has no lesson.")
        self._get("First lesson", self.site + found[1])

    def _get(self, title: str, url: str) -> str:
        return self._take(title, "GET", url, None, status=200).text

    def _post(self, title: str, url: str, fields: dict[str, str]) -> str:
        """Send a form; return where it leads."""
        answer = self._take(title, "POST", urljoin(self.site, url), fields, status=303)
        return urljoin(self.site, answer.headers["Location"])

    def _take(
        self, title: str, method: str, url: str, fields: dict[str, str] | None, *, status: int
    ) -> requests.Response:
        headers = {"Origin": self.site} if fields else {}
        begun = time.perf_counter()
        answer = self.http.request(
            method, url, data=fields, headers=headers, allow_redirects=False, timeout=60
        )
        self.times[title].append(time.perf_counter() - begun)
        if answer.status_code != status:
            raise LostTheWay(f"{title}: {method} {url} answered {answer.status_code}.")
        return answer


def hidden_fields(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form on the page that is sent to ``action``."""
    form = _Form(action)
    form.feed(page)
    return form.fields


class _Form(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.is_inside = action, False
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.is_inside = given.get("action") == self.action
        elif tag == "input" and self.is_inside and given.get("type") == "hidden":
            self.fields[given.get("name") or ""] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
