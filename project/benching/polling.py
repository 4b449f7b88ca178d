"""The address that an order's page polls, as the page itself has it."""

import html
import re

from django.urls import reverse

from project.benching.wire import Browser, ask

POLL = re.compile(r'hx-get="([^"]*/status/[^"]*)"')


class DoesNotPoll(Exception):
    """The order's page does not wait for anything."""


def poll_path(browser: Browser, reference: str) -> str:
    """Return what the page of this order asks for every two seconds."""
    page = ask(browser.port, browser.get(reverse("checkout:order_detail", args=[reference])))
    found = POLL.search(page.text)
    if found is None:
        raise DoesNotPoll(f"The page of order {reference} answered {page.status}, without a poll.")
    return html.unescape(found[1])
