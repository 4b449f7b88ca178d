"""axe, which looks for what keeps people out, finds nothing: on any page, in any state.

Wide in the light, and 320 pixels narrow in the dark.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SMALLEST, WIDE, only_as_served
from tests.browser.names import ERRORS, STATES
from tests.browser.npm import fetch
from tests.browser.steps import BREAD, add_to_cart

pytestmark = [pytest.mark.browser, only_as_served]

SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
LOOK = """() => axe.run(document, { resultTypes: ["violations"] }).then(
  ({ violations }) => violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ html }) => html).join(" | ")}`))"""
# How wide a page is changes its layout, and the scheme its colors: so each is looked at once.
LOOKS = [(WIDE, "light"), (SMALLEST, "dark")]


@pytest.fixture(scope="module")
def axe():
    return (fetch("axe-core@4.14.1") / "axe.min.js").read_text()


@pytest.fixture
def look(axe):
    """Return a function that has axe look at a page in each size and color."""

    def look_at(page):
        page.evaluate(axe)  # as the browser's tools do, which the page's policy does not concern
        found = {}
        for viewport, scheme in LOOKS:
            page.set_viewport_size(viewport)
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(SETTLED)
            found[viewport["width"], scheme] = _find(page)
        assert {where: what for where, what in found.items() if what} == {}
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= SMALLEST["width"], "It scrolls sideways."

    return look_at


def _find(page):
    """Return what axe finds, and finds again: a busy browser may be about to change the colors."""
    if not page.evaluate(LOOK):
        return []
    page.wait_for_timeout(1000)
    return page.evaluate(LOOK)


@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing(see, look, name):
    look(see(name))


@pytest.mark.parametrize("status", ERRORS)
def test_axe_finds_nothing_where_something_went_wrong(open_browser, look, shown, status):
    page = open_browser()
    html = shown["errors"][str(status)]
    page.route("**/broken/", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("/broken/")
    look(page)


def test_axe_finds_nothing_in_the_account_menu(see, look):
    page = see("shelf")
    page.get_by_role("button", name="Account").click()
    expect(page.locator("#account-menu")).to_be_visible()
    look(page)


def test_axe_finds_nothing_in_a_toast(open_browser, look):
    page = open_browser()
    page.goto("/")
    add_to_cart(page, BREAD, count=1)
    expect(page.locator(".toast")).to_be_visible()
    page.locator(".toast").hover()
    look(page)


def test_axe_finds_nothing_in_a_failure(open_browser, look):
    page = open_browser()
    page.goto("/")
    page.evaluate("() => toasts.append(document.getElementById('failure').content.cloneNode(true))")
    expect(page.locator(".toast-error")).to_be_visible()
    look(page)


def test_axe_finds_nothing_where_a_code_is_asked_for_and_was_wrong(open_browser, look):
    page = open_browser()
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("wrong-code@example.com")
    page.get_by_role("button", name="E-mail me a code").click()
    page.wait_for_url("**/confirm/**")
    look(page)
    page.get_by_label("Code").fill("AAAA-AAAA")
    page.get_by_role("button", name=re.compile("Sign in|Continue|Confirm")).first.click()
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    look(page)


def test_axe_finds_nothing_where_an_address_is_wrong(open_browser, look):
    page = open_browser()
    page.goto("/accounts/login/")
    page.locator("form.form").evaluate("(form) => { form.noValidate = true; }")
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_role("button", name="E-mail me a code").click()
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    look(page)
